import type { Abilities, Matrix, Part } from "./kernel.js";
import { LARGEST, lanesFor, largestOf, rowGroups } from "./rows.js";
import { type Slot, summed } from "./sum.js";

/** `trace[slot]` = number of rows whose largest logit (the first one if several are equal) is at the label. */
export function countCorrect(logits: Matrix, labels: Matrix, into: Slot, can: Abilities): Part[] {
  return summed(
    rowGroups(logits),
    (k) => {
      const element = k.matrix(logits, false, true)("r", "c");
      const label = k.matrix(labels, false, true)("r", "0");
      const add = `${largestOf(element, k.u32(logits.cols), lanesFor(logits.cols))}
if (own == 0u && r < ${k.u32(logits.rows)}) { sum = f32(place == u32(${label})); }`;
      return { declarations: LARGEST, add };
    },
    into,
    can,
  );
}
