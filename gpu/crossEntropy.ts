import { EXP, LOG1P } from "./functions.js";
import type { Abilities, Matrix, Part } from "./kernel.js";
import { LARGEST, lanesFor, largestOf, rowGroups, rowSum } from "./rows.js";
import { type Slot, summed } from "./sum.js";

/**
 * `trace[slot] = scale * sum_r -log softmax(logits[r])[label_r]`. `gradient`, if given (it may be the logits), is set
 * to `softmax - onehot`. The term of the largest logit is left out of the sum: `-log softmax = log1p(sum of the others'
 * exp) + largest - z` keeps its relative precision down to the smallest losses.
 */
export function crossEntropy(
  logits: Matrix,
  labels: Matrix,
  gradient: Matrix | undefined,
  into: Slot,
  can: Abilities,
): Part[] {
  const lanes = lanesFor(logits.cols);
  return summed(
    rowGroups(logits),
    (k) => {
      const element = k.matrix(logits, false, true);
      const labelOf = k.matrix(labels, false, true)("r", "0");
      const rows = k.u32(logits.rows);
      const cols = k.u32(logits.cols);
      const store = gradient
        ? `for (var c = own; c < ${cols} && live; c += ${lanes}) {
let e = expOf(${element("r", "c")} - largest);
${k.matrix(gradient, true)("r", "c")} = e / (1.0 + rest) - f32(c == label);
}`
        : "";
      const add = `${largestOf(element("r", "c"), cols, lanes)}
let live = r < ${rows};
let label = u32(${labelOf});
let right = ${element("r", "label")};
var rest = 0.0;
for (var c = own; c < ${cols}; c += ${lanes}) {
if (c != place) { rest += expOf(${element("r", "c")} - largest); }
}
${rowSum("rest", lanes)}
if (own == 0u && live) { sum = log1pOf(rest) + (largest - right); }
${store}`;
      return { declarations: `${EXP}\n${LOG1P}\n${LARGEST}`, add };
    },
    into,
    can,
  );
}
