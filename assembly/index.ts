export { activate, activationGradient } from "./activations";
export { draw, permutation } from "./draw";
export { linearMoments, linearSteps, linearSteps32 } from "./linear";
export { cos2pi, log, sin2pi } from "./math64";
export { philox } from "./philox";
export { product } from "./product";
export { run } from "./run";

import { WORKSPACE } from "./product";

/** The first free byte of the memory. */
export function heapBase(): usize {
  return __heap_base;
}

/** Number of bytes of workspace that `run` needs. */
export function workspaceBytes(): usize {
  return WORKSPACE;
}
