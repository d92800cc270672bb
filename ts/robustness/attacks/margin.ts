/** Whether the largest output of each sample, the first one if several are equal, is at its label. */
export function areCorrect(
  outputs: Float64Array,
  classes: number,
  labels: ArrayLike<number>,
): boolean[] {
  return Array.from({ length: labels.length }, (_, i) => {
    let best = 0;
    for (let k = 1; k < classes; k++) {
      if (outputs[i * classes + k] > outputs[i * classes + best]) best = k;
    }
    return best === labels[i];
  });
}

/** The label's output minus the largest of the others, for each sample. */
export function margins(
  outputs: Float64Array,
  classes: number,
  labels: ArrayLike<number>,
): Float64Array {
  return Float64Array.from({ length: labels.length }, (_, i) => {
    let other = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) {
      if (k !== labels[i]) other = Math.max(other, outputs[i * classes + k]);
    }
    return outputs[i * classes + labels[i]] - other;
  });
}
