import { type Activation, SLOPE } from "./functions.js";
import { type Dispatch, elementwise, Kernel, type Matrix } from "./kernel.js";

/** `into *= f'(at)`. */
export function activationGradient(
  kind: Activation,
  at: Matrix,
  into: Matrix,
  replicas: number,
): Dispatch {
  const k = new Kernel();
  const value = k.matrix(at, false)("r", "c");
  const to = k.matrix(into, true)("r", "c");
  return elementwise(k, into, replicas, `${to} *= slope(${value});`, SLOPE[kind]);
}
