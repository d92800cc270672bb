import type { Op, Program } from "./ops.js";
import { copy, Pass } from "./pass.js";
import { lossOf } from "./tangent.js";
import { type Plan, Workspace } from "./workspace.js";

export interface LoweredInputGradient {
  readonly program: Program;
  /** The buffer of the network's outputs, `[rows, outputs]`. */
  readonly outputs: string;
  /** The buffer of the gradient, `[rows, inputs]`. */
  readonly gradient: string;
}

/**
 * Lowers the evaluation of a network on `plan.trainRows` samples, without noise. The list `outputs` computes its outputs.
 * The list `gradient` also computes `dL_i/dx_i`, the gradient of each sample's own loss with respect to its stored
 * inputs: the normalisation `inputScale * stored + inputShift` is part of the network. It writes the sum of the losses.
 *
 * The caller fills `weights.l`, `train.inputs`, `identity.train` and, for the gradient, `train.targets`.
 */
export function lowerInputGradient(plan: Plan): LoweredInputGradient {
  const space = new Workspace(plan);
  const pass = new Pass(space, "pass", plan.trainRows);
  const outputs = space.matrix("outputs", plan.trainRows, pass.outputs().cols);
  const forward: Op[] = [
    ...pass.gather("train", "identity.train"),
    ...pass.forward(false),
    // The loss writes its gradient over the pass' own outputs.
    copy(pass.outputs(), outputs),
  ];
  const backward: Op[] = [lossOf(space, pass, pass.targets())];
  for (let l = space.layers.length - 1; l > 0; l--) backward.push(...pass.backward(l));
  const gradient = space.matrix("gradient", plan.trainRows, space.layers[0].inputs);
  // `dL_i/dx_i = inputScale c_0 delta_0 W_0`.
  backward.push(pass.linear(0, pass.delta(0), false, gradient, plan.inputScale));
  const { buffers, fills } = space;
  const lists = {
    outputs: { ops: forward, slots: 1 },
    gradient: { ops: [...forward, ...backward], slots: 1 },
  };
  return { program: { buffers, fills, lists }, outputs: outputs.buffer, gradient: gradient.buffer };
}
