import { quadraticForm, spectrumOf } from "../../build/js/ts/analysis/spectrum.js";
import { squares } from "../../build/js/ts/analysis/vectors.js";
import { denseHessian } from "../../build/js/ts/curvature/hessian.js";

/** Shifts that the smoothed form along noise weights is averaged over. */
const SHIFTS = 512;

/**
 * What the instruments estimate, from the dense mean local Hessian: its largest eigenvalue, `tr<H> / d`, its form along the mean
 * gradient, and `form(weights)`, `tr(W^T <H> W) / |W|^2`.
 */
export async function pointwiseTruth(probe, gradient) {
  const matrix = await denseHessian(probe);
  return {
    ...readMatrix(matrix),
    gradient: formOf(matrix, gradient),
    apply: (V) => product(matrix, V),
    form: async (weights) => ({ value: formOf(matrix, weights), error: 0 }),
  };
}

/**
 * The same for the loss smoothed over `reach`: central differences of the mean gradient, over a shift of length `reach` along each
 * unit and along the gradient, and over shifts `sigma W eps` for the form along noise weights. All samples share a shift, as they do
 * not in the probe's passes.
 */
export async function smoothedTruth(probe, gradient, reach, streams, pointwise) {
  const d = probe.width;
  const unit = Float64Array.from({ length: d * d }, (_, i) => (i % (d + 1) === 0 ? reach : 0));
  const matrix = (await probe.shifted(unit, "smoothed")).map((x) => x / reach);
  const along = gradient.map((x) => (x * reach) / Math.sqrt(squares(gradient)));
  return {
    ...readMatrix(matrix),
    gradient: quadraticForm(along, await probe.shifted(along, "smoothed")),
    /** The form over another reach, and its standard error from the scatter between shifts. */
    form: async (weights, own = reach) => {
      const nodes = weights.length / d;
      const sigma = own / Math.sqrt(squares(weights));
      const eps = streams.draw("probe", 30, "normal", 0, SHIFTS, nodes);
      const shifts = new Float64Array(d * SHIFTS);
      for (let r = 0; r < d; r++) {
        for (let k = 0; k < SHIFTS; k++) {
          for (let c = 0; c < nodes; c++) {
            shifts[r * SHIFTS + k] += sigma * weights[r * nodes + c] * eps[k * nodes + c];
          }
        }
      }
      // The pointwise form is known exactly, so only the difference is left to the shifts.
      const smoothed = await probe.shifted(shifts, "smoothed");
      const plain = pointwise.apply(shifts);
      const difference = smoothed.map((x, i) => x - plain[i]);
      const exact = (await pointwise.form(weights)).value;
      const ratio = quadraticForm(shifts, difference);
      return { value: exact + ratio, error: ratioError(shifts, difference, ratio) };
    },
  };
}

/** Standard error of `sum_k v_k . r_k / sum_k |v_k|^2` over the columns of `[d, SHIFTS]`. */
function ratioError(shifts, answers, ratio) {
  const residuals = new Float64Array(SHIFTS);
  let square = 0;
  for (let i = 0; i < shifts.length; i++) {
    residuals[i % SHIFTS] += shifts[i] * (answers[i] - ratio * shifts[i]);
    square += shifts[i] ** 2;
  }
  return Math.sqrt(squares(residuals)) / square;
}

function readMatrix(matrix) {
  const d = Math.sqrt(matrix.length);
  let trace = 0;
  for (let i = 0; i < d; i++) trace += matrix[i * (d + 1)];
  return { largest: spectrumOf(matrix).values[0], mean: trace / d };
}

function formOf(matrix, vector) {
  return quadraticForm(vector, product(matrix, vector));
}

/** `H V` for V `[d, k]`. */
function product(matrix, V) {
  const d = Math.sqrt(matrix.length);
  const k = V.length / d;
  const out = new Float64Array(V.length);
  for (let r = 0; r < d; r++) {
    for (let i = 0; i < d; i++) {
      for (let c = 0; c < k; c++) out[r * k + c] += matrix[r * d + i] * V[i * k + c];
    }
  }
  return out;
}
