import { type Abilities, type Dispatch, Kernel, type Matrix, THREADS } from "./kernel.js";
import { LARGEST, lanesFor, largestOf } from "./rows.js";
import { type Slot, summed } from "./sum.js";

/** `trace[slot]` = number of rows whose largest logit (the first one if several are equal) is at the label. */
export function countCorrect(
  logits: Matrix,
  labels: Matrix,
  into: Slot,
  can: Abilities,
): Dispatch[] {
  const k = new Kernel();
  const lanes = lanesFor(logits.cols);
  const element = k.matrix(logits, false)("r", "c");
  const label = k.matrix(labels, false)("r", "0");
  const add = `${largestOf(element, k.u32(logits.cols), lanes)}
if (own == 0u && r < ${k.u32(logits.rows)}) { sum = f32(place == u32(${label})); }`;
  const groups = Math.ceil(logits.rows / (THREADS / lanes));
  return summed(k, { declarations: LARGEST, add, groups }, into, can);
}
