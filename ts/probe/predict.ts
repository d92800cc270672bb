import { componentSquares, type Spectrum } from "../analysis/spectrum.js";
import { squares } from "../analysis/vectors.js";
import type { CurvatureProbe } from "../curvature/curvatureProbe.js";
import {
  hutchinsonTrace,
  localSpectrum,
  smoothedCurvatures,
  smoothedMaximum,
} from "../curvature/hessian.js";
import type { Network } from "../program/network.js";
import type { Streams } from "../random/streams.js";
import {
  catapultSigma,
  decaySigma,
  decayTime,
  type NoiseWeights,
  niwTime,
  selfConsistentSigma,
} from "../theory/drift.js";

/** The noise that a prediction is for. */
export interface PredictedNoise {
  readonly learningRate: number;
  readonly sigma: number;
  readonly batch: number;
  readonly nodes: number;
  /** Updates in the whole run. */
  readonly steps: number;
}

/** One direction in which the noise weights fall by themselves. */
export interface DecayMode {
  /** Eigenvalue `h_k` of `<H>`; with kinks the curvature along that eigenvector over the noise's own reach. */
  readonly curvature: number;
  /** `|w_k|^2` over `|W_NI|^2`. */
  readonly share: number;
  /** `1 / tau_k = -ln|1 - eta sigma^2 h_k|`, in steps; null where that does not fall. */
  readonly tau: number | null;
}

/** What a network's state foretells of its noise weights; null where there is no such thing. */
export interface Prediction {
  /** Largest eigenvalue of the pointwise `<H>`. */
  readonly hMax: number;
  /** `tr<H>` of the pointwise `<H>`. */
  readonly trace: number;
  /** Largest curvature of the loss smoothed over `sigma |W_NI|`. */
  readonly smoothedMax: number;
  /** Steps until the drift has taken `|W_NI|` to 1/e. */
  readonly niwTime: number | null;
  /** The decay spectrum's largest curvatures, falling. */
  readonly modes: readonly DecayMode[];
  /** `sigma` from which on the noise weights decay to 1/e within the run, by the smoothed curvature. */
  readonly decay: number | null;
  /** The same with the pointwise curvature: with kinks the smoothed one is often negative along some directions at first. */
  readonly decayPointwise: number | null;
  /** `eta sigma^2 h = 2` with the smoothed curvature at the noise's own reach. */
  readonly catapult: number | null;
  /** The same with the pointwise one. */
  readonly catapultPointwise: number | null;
}

/** Directions of the decay spectrum that are told. */
const MODES = 16;
/** Beyond this multiple of the pointwise boundary no smoothed one is looked for. */
const FARTHEST = 64;

export async function predict(
  probe: CurvatureProbe,
  network: Network,
  niw: Float64Array,
  streams: Streams,
  noise: PredictedNoise,
): Promise<Prediction> {
  const { learningRate, sigma, nodes, steps } = noise;
  const kinked = network.activation === "relu";
  const niwNorm = Math.sqrt(squares(niw));
  const spectrum = await localSpectrum(probe, streams);
  const all = spectrum.values.length === probe.width;
  const trace = all
    ? spectrum.values.reduce((sum, h) => sum + h, 0)
    : (await hutchinsonTrace(probe, streams)).value;
  const { squares: gradientSquares } = await probe.gradient();
  const pointwise = noiseWeights(spectrum, trace, niw, nodes, gradientSquares);
  const hMax = spectrum.values[0];
  const top = spectrum.vectors.slice(0, probe.width);

  /** The same weights in the loss that this much noise sees. */
  const seen = async (own: number): Promise<NoiseWeights> => {
    if (!kinked || own === 0) return pointwise;
    const curvatures = await smoothedCurvatures(probe, spectrum, own * niwNorm);
    const rest = Array.from(pointwise.curvatures).slice(curvatures.length);
    return { ...pointwise, curvatures: [...curvatures, ...rest] };
  };
  const own = await seen(sigma);
  const decayPointwise = decaySigma(pointwise, noise, steps);
  // The reach follows from the boundary.
  const decay =
    kinked && decayPointwise !== null
      ? decaySigma(await seen(decayPointwise), noise, steps)
      : decayPointwise;

  let start: Float64Array = top;
  const smoothed = async (delta: number) => {
    const { value, vector } = await smoothedMaximum(probe, start, delta);
    start = vector;
    return value;
  };
  const catapultPointwise = catapultSigma(learningRate, hMax);
  const catapult =
    catapultPointwise === null
      ? null
      : await selfConsistentSigma(learningRate, niwNorm, smoothed, [
          catapultPointwise / 4,
          catapultPointwise * FARTHEST,
        ]);
  start = top;
  return {
    hMax,
    trace,
    smoothedMax: sigma > 0 ? await smoothed(sigma * niwNorm) : hMax,
    niwTime: niwTime(own, noise),
    modes: modesOf(own, noise, Math.min(spectrum.values.length, MODES)),
    decay,
    decayPointwise,
    catapult,
    catapultPointwise,
  };
}

/** The first `count` directions: the spectrum's own, not the rest that shares one curvature. */
function modesOf(
  { curvatures, squares: own }: NoiseWeights,
  { learningRate, sigma }: PredictedNoise,
  count: number,
): DecayMode[] {
  const all = Array.from(own).reduce((a, b) => a + b, 0);
  return Array.from({ length: count }, (_, k) => {
    const tau = decayTime(learningRate * sigma * sigma * curvatures[k]);
    return { curvature: curvatures[k], share: own[k] / all, tau };
  });
}

/** What stands outside the part of the spectrum that is known shares the rest of trace, weights and gradients. */
function noiseWeights(
  spectrum: Spectrum,
  trace: number,
  niw: Float64Array,
  nodes: number,
  gradientSquares: Float64Array,
): NoiseWeights {
  const d = Math.sqrt(gradientSquares.length);
  const { values, vectors } = spectrum;
  const own = componentSquares(spectrum, niw);
  const along = values.map((_, k) => {
    const q = vectors.subarray(k * d, (k + 1) * d);
    let sum = 0;
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) sum += q[i] * gradientSquares[i * d + j] * q[j];
    }
    return sum;
  });
  if (values.length === d) {
    return { curvatures: values, squares: own, gradientSquares: along, nodes };
  }
  const sum = (x: ArrayLike<number>) => Array.from(x).reduce((a, b) => a + b, 0);
  let all = 0;
  for (let i = 0; i < d; i++) all += gradientSquares[i * (d + 1)];
  return {
    curvatures: [...values, (trace - sum(values)) / (d - values.length)],
    squares: [...own, Math.max(0, squares(niw) - sum(own))],
    gradientSquares: [...along, Math.max(0, all - sum(along))],
    nodes,
  };
}
