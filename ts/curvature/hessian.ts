import { type Estimate, estimate } from "../analysis/estimate.js";
import { largest, least } from "../analysis/extremes.js";
import { type LanczosResult, lanczos, spectralDensity } from "../analysis/lanczos.js";
import { quadraticForm, type Spectrum, spectrumOf } from "../analysis/spectrum.js";
import { RunError } from "../errors/errors.js";
import type { Streams } from "../random/streams.js";
import type { CurvatureProbe } from "./curvatureProbe.js";

/** Widest layer whose `<H>` is computed entry by entry. */
export const DENSE_WIDTH = 2048;

/**
 * The mean local Hessian `<H>`, pointwise, `[d, d]` row-major.
 * @throws RunError for a layer of more than 2,048 units.
 */
export async function denseHessian(probe: CurvatureProbe): Promise<Float64Array> {
  const d = probe.width;
  if (d > DENSE_WIDTH) {
    throw new RunError(`a layer of ${d} units: the dense Hessian is made up to ${DENSE_WIDTH}`);
  }
  const unit = new Float64Array(d * d);
  for (let k = 0; k < d; k++) unit[k * d + k] = 1;
  return responses(probe, unit);
}

/**
 * `<H> V`, `[d, k]` row-major.
 * @throws RunError if it is not finite, because eigenvalue solvers fail on such values.
 */
async function responses(probe: CurvatureProbe, V: Float64Array): Promise<Float64Array> {
  const found = await probe.shifted(V, "pointwise");
  if (found.every(Number.isFinite)) return found;
  throw new RunError(
    `the curvature at layer ${probe.layer} is not finite at these weights: they have diverged`,
  );
}

/** The spectrum of `<H>`: all eigenvalues up to `dense` units, otherwise those that Lanczos finds in `steps` steps. */
export async function localSpectrum(
  probe: CurvatureProbe,
  streams: Streams,
  { dense = 128, steps = 80 }: { readonly dense?: number; readonly steps?: number } = {},
): Promise<Spectrum> {
  if (probe.width <= dense) return spectrumOf(await denseHessian(probe));
  return topSpectrum(probe, streams, { steps });
}

/**
 * The largest eigenvalues of `<H>` in descending order, with a bound on the error of each. Up to 128 units they come
 * from the whole matrix, so repeated eigenvalues are found too. Above that Lanczos finds the five largest, to 1e-5 of
 * the largest.
 */
export async function leadingEigenvalues(
  probe: CurvatureProbe,
  streams: Streams,
): Promise<{ readonly values: readonly Estimate[]; readonly vectors: Float64Array }> {
  const d = probe.width;
  if (d > 128) {
    const { values, residuals, vectors } = await topSpectrum(probe, streams, {
      steps: 200,
      leading: 5,
    });
    const estimates = Array.from(values, (value, k) => ({ value, error: residuals[k] }));
    return { values: estimates, vectors };
  }
  const matrix = await denseHessian(probe);
  const { values, vectors } = spectrumOf(matrix);
  // Rounding makes `<H>` slightly asymmetric. A matrix that is off by E shifts no eigenvalue by more than |E| (Weyl).
  let square = 0;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) square += ((matrix[i * d + j] - matrix[j * d + i]) / 2) ** 2;
  }
  const estimates = Array.from(values, (value) => ({ value, error: Math.sqrt(square) }));
  return { values: estimates, vectors };
}

/**
 * The outermost eigenvalues of `<H>` by Lanczos: the `leading` largest to 1e-5 of the largest, if `steps` suffice.
 * `run` selects the random start.
 */
export function topSpectrum(
  probe: CurvatureProbe,
  streams: Streams,
  { steps = 80, tolerance = 1e-5, run = 0, leading = 1 } = {},
): Promise<LanczosResult> {
  const start = streams.draw("probe", 0, "normal", run, 1, probe.width);
  return lanczos((v) => responses(probe, v), start, { steps, tolerance, leading });
}

/** The density of the eigenvalues of `<H>`. */
export interface Density {
  readonly points: Float64Array;
  /** Density at the points; its integral is 1. */
  readonly density: Float64Array;
}

/**
 * The density of the eigenvalues of `<H>` by stochastic Lanczos quadrature, from `runs` random starts. It is given at
 * 100 points from below the lowest to above the largest eigenvalue found. Each eigenvalue is a Gaussian whose width is
 * 1/40 of the range of those found.
 */
export async function localDensity(
  probe: CurvatureProbe,
  streams: Streams,
  { runs = 4, steps = 40 } = {},
): Promise<Density> {
  const found: LanczosResult[] = [];
  for (let run = 0; run < runs; run++) {
    found.push(await topSpectrum(probe, streams, { steps, tolerance: 0, run }));
  }
  const values = found.flatMap((one) => [...one.values]);
  const [low, high] = [least(values), largest(values)];
  const spread = (high - low) / 40 || 1;
  const from = low - 4 * spread;
  const step = (high + 4 * spread - from) / 99;
  const points = Float64Array.from({ length: 100 }, (_, i) => from + i * step);
  return { points, density: spectralDensity(found, points, spread) };
}

/** `tr<H>` by Hutchinson's estimator: the mean of `z^T <H> z` over `count` random vectors z of signs. */
export async function hutchinsonTrace(
  probe: CurvatureProbe,
  streams: Streams,
  count = 64,
): Promise<Estimate> {
  const d = probe.width;
  const signs = Float64Array.from(streams.draw("probe", 1, "rademacher", 0, d, count));
  const images = await probe.shifted(signs, "pointwise");
  const column = (values: Float64Array, k: number) =>
    Float64Array.from({ length: d }, (_, i) => values[i * count + k]);
  return estimate(
    Array.from({ length: count }, (_, k) => d * quadraticForm(column(signs, k), column(images, k))),
  );
}

/**
 * The largest curvature of the loss smoothed over a reach `delta`: the largest `v . 1/2 <g(delta v) - g(-delta v)> /
 * delta` over unit vectors v that are found by power iteration from `start` (derived; theory, section 2, "Kinks").
 */
export async function smoothedMaximum(
  probe: CurvatureProbe,
  start: Float64Array,
  delta: number,
  { steps = 16, tolerance = 3e-3 } = {},
): Promise<{ readonly value: number; readonly vector: Float64Array }> {
  let vector = unitVector(start);
  let value = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < steps; k++) {
    const image = await probe.shifted(
      vector.map((x) => x * delta),
      "smoothed",
    );
    const before = value;
    value = quadraticForm(vector, image) / delta;
    // There is no curvature along this vector, so the iteration has no direction to follow.
    if (image.every((x) => x === 0)) break;
    vector = unitVector(image);
    if (Math.abs(value - before) <= tolerance * Math.abs(value)) break;
  }
  return { value, vector };
}

/** The smoothed curvature along each eigenvector q: `q . 1/2 <g(delta q) - g(-delta q)> / delta`. */
export async function smoothedCurvatures(
  probe: CurvatureProbe,
  { values, vectors }: Spectrum,
  delta: number,
): Promise<Float64Array> {
  const d = probe.width;
  const count = values.length;
  const shifts = new Float64Array(d * count);
  for (let k = 0; k < count; k++) {
    for (let i = 0; i < d; i++) shifts[i * count + k] = delta * vectors[k * d + i];
  }
  const images = await probe.shifted(shifts, "smoothed");
  return values.map((_, k) => {
    let sum = 0;
    for (let i = 0; i < d; i++) sum += vectors[k * d + i] * images[i * count + k];
    return sum / delta;
  });
}

function unitVector(v: Float64Array): Float64Array {
  const norm = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
  return v.map((x) => x / norm);
}
