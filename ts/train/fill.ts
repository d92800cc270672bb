import type { Session } from "../backend/machine.js";
import type { Split } from "../data/dataset.js";
import { isScheduled } from "../experiment/constantNoise.js";
import type { Lowered } from "../program/lower.js";
import type { Plan } from "../program/workspace.js";
import { initialParameters } from "./parameters.js";
import type { Setup } from "./setup.js";

/** Writes all that a run starts from; returns `|W_NI(0)|^2`. */
export function fill(
  session: Session,
  { layers, indices }: Lowered,
  { plan, data, inputs }: Setup,
): number {
  writeSplit(session, "train", data.train, plan, data.outputs);
  if (data.test) writeSplit(session, "test", data.test, plan, data.outputs);
  for (const [buffer, { first, length }] of Object.entries(indices)) {
    session.write(buffer, counting(first, length));
  }
  session.write("order", counting(0, plan.trainRows));
  if (plan.network.noise.some(isScheduled)) {
    const last = Math.floor(plan.trainRows / plan.batch) - 1;
    // The rows of an incomplete last batch are in no step, but have to have a number.
    session.write(
      "schedule.steps",
      Uint32Array.from({ length: plan.trainRows }, (_, i) =>
        Math.min(last, Math.floor(i / plan.batch)),
      ),
    );
  }
  for (const l of layers.keys()) session.write(`weights.${l}`, inputs.weights(l));
  let square = 0;
  for (const [g, niw] of initialParameters(plan.network, inputs).niw.entries()) {
    session.write(`start.niw.${g}`, niw);
    for (const w of niw) square += w * w;
  }
  return square;
}

/** Writes the inputs and targets of the samples of `train` or `test`. */
export function writeSplit(
  session: Session,
  name: string,
  split: Split,
  plan: Plan,
  outputs: number,
): void {
  session.write(`${name}.inputs`, split.inputs);
  const { targets } = split;
  if (plan.classes && plan.network.loss === "mse") {
    session.write(`${name}.targets`, oneHot(targets, outputs));
    session.write(`${name}.labels`, Float32Array.from(targets));
  } else {
    session.write(`${name}.targets`, plan.classes ? Float32Array.from(targets) : targets);
  }
}

function oneHot(labels: ArrayLike<number>, classes: number): Float32Array {
  const targets = new Float32Array(labels.length * classes);
  for (let i = 0; i < labels.length; i++) targets[i * classes + labels[i]] = 1;
  return targets;
}

/** `length` consecutive integers from `first`. */
export function counting(first: number, length: number): Uint32Array {
  return Uint32Array.from({ length }, (_, i) => first + i);
}
