import type { Estimate } from "../analysis/estimate.js";

/**
 * The curvature that one gradient reads: `sum_i <g_i, d_i> / scale` with the gradient `g` of the batch mean loss and the perturbation
 * `d`, both `[batch, width]`. That is `<W, dL/dW> / (sigma^2 |W|^2)` for `scale = sigma^2 |W|^2` (theory, section 2). Rows have noise
 * of their own, so their scatter gives the error.
 */
export function readingOf(
  gradient: ArrayLike<number>,
  perturbation: Float32Array,
  batch: number,
  scale: number,
): Estimate {
  const width = perturbation.length / batch;
  let sum = 0;
  let sumSquares = 0;
  for (let i = 0; i < batch; i++) {
    let row = 0;
    for (let k = i * width; k < (i + 1) * width; k++) row += gradient[k] * perturbation[k];
    sum += row;
    sumSquares += row * row;
  }
  const spread = Math.max(0, sumSquares - (sum * sum) / batch);
  const error = batch > 1 ? Math.sqrt((spread * batch) / (batch - 1)) / scale : Number.NaN;
  return { value: sum / scale, error };
}
