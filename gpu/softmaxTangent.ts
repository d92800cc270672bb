import { EXP } from "./functions.js";
import type { Matrix, Part } from "./kernel.js";
import { LARGEST, lanesFor, largestOf, rowGroups, rowSum } from "./rows.js";

/** `into[r] = p * (into[r] - p.into[r])` with `p = softmax(logits[r])`. */
export function softmaxTangent(logits: Matrix, into: Matrix, replicas: number): Part {
  return (k) => {
    const lanes = lanesFor(logits.cols);
    const element = k.matrix(logits, false, true)("r", "c");
    const tangent = k.matrix(into, true, true)("r", "c");
    const cols = k.u32(logits.cols);
    return {
      declarations: `${EXP}\n${LARGEST}`,
      main: `${largestOf(element, cols, lanes)}
var sum = 0.0;
var mean = 0.0;
for (var c = own; c < ${cols}; c += ${lanes}) {
let e = expOf(${element} - largest);
sum += e;
mean += e * ${tangent};
}
${rowSum("sum", lanes)}
${rowSum("mean", lanes)}
for (var c = own; c < ${cols} && r < ${k.u32(logits.rows)}; c += ${lanes}) {
${tangent} = expOf(${element} - largest) / sum * (${tangent} - mean / sum);
}`,
      grid: [rowGroups(logits), 1, replicas],
    };
  };
}
