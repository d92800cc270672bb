import { type Estimate, estimate } from "../analysis/estimate.js";
import { quadraticForm } from "../analysis/spectrum.js";
import { squares } from "../analysis/vectors.js";
import type { CurvatureProbe } from "../curvature/curvatureProbe.js";
import { InputError } from "../errors/errors.js";
import type { Network } from "../program/network.js";
import type { Streams } from "../random/streams.js";

/** The best noise for reading a network's mean curvature `tr<H> / d`, and the expected error of the reading. */
export interface ReadingPlan {
  /** Wanted relative error. */
  readonly precision: number;
  /** Expected relative error: root of the sum of squares of the three errors below. */
  readonly expected: number;
  /** Relative standard error because the noise weights sample few directions; falls as `1 / sqrt(nodes)`. */
  readonly directions: number;
  /** Relative standard error from the noise of the passes. */
  readonly noise: number;
  /** Relative bias from the higher orders of the expansion; grows with the reach. */
  readonly bias: number;
  /** Root mean square of the noise's shifts of the pre-activations (as vectors), `sigma |W_NI|`. */
  readonly reach: number;
  /** Noise nodes. */
  readonly nodes: number;
  /** Antithetic passes over the samples. */
  readonly passes: number;
  /** Number of training steps whose readings by step, averaged, are equally precise at the same reach (theory: reading 2). */
  readonly steps: number;
  /** `tr<H> / d` measured directly at that reach: smoothed curvature of random directions. */
  readonly mean: Estimate;
}

export interface ReadingOptions {
  /** Default 0.1. */
  readonly precision?: number;
  /** Largest number of nodes; the probe's own number is a limit too. */
  readonly nodes?: number;
  /** Largest reach, if the noise must not disturb training. */
  readonly farthest?: number;
  /** Samples of a training step, to compute `steps`; default 100. */
  readonly batch?: number;
}

/** Number of trial passes at each reach. */
const PILOT = 4;
const MOST_PASSES = 256;
/** Number of trial reaches: each is half the one before. The first is the root of the units, a shift of about 1 for each unit. */
const HALVINGS = 10;
/** Random directions for the mean curvature and its spread. */
const DIRECTIONS = 32;

/**
 * Finds, by trial passes, the reach, the number of nodes and the number of antithetic passes that read `tr<H> / d` with a
 * wanted precision. It reads the same noise at smaller and smaller reaches. The scatter gives the error of the noise; the
 * change from one reach to the next gives the bias, which is proportional to the square of the reach for smooth activations
 * and to the reach for kinks (derived). Each node with normal weights reads a random direction; the relative variance is
 * `2 (tr(H^2) / tr(H)^2 - 1 / d) / nodes`. If the precision cannot be reached, it returns the best plan; `expected` gives
 * that plan's precision.
 * @throws InputError for a precision that is not between 0 and 1.
 */
export async function planReading(
  probe: CurvatureProbe,
  network: Pick<Network, "activation">,
  streams: Streams,
  options: ReadingOptions = {},
): Promise<ReadingPlan> {
  const { precision = 0.1, nodes: most = probe.nodes, batch = 100 } = options;
  if (!(precision > 0 && precision < 1)) {
    throw new InputError("precision", `precision is ${precision}: takes a number between 0 and 1`);
  }
  const d = probe.width;
  const order = network.activation === "relu" ? 1 : 2;
  const widest = Math.min(Math.sqrt(d), options.farthest ?? Number.POSITIVE_INFINITY);
  const { squares: gg } = await probe.gradient();
  const perUnit = Array.from({ length: d }, (_, i) => gg[i * (d + 1)]).reduce((a, b) => a + b) / d;

  // From the smallest on, because the bias of each follows from the one before it.
  const tried: { reach: number; readings: number[] }[] = [];
  for (let k = HALVINGS; k >= 0; k--) {
    const reach = widest / 2 ** k;
    tried.push({ reach, readings: await read(probe, streams, reach) });
  }
  const errors = tried.slice(1).map(({ reach, readings }, i) => {
    const { value, error } = estimate(readings);
    const change = estimate(readings.map((q, k) => q - tried[i].readings[k]));
    // The remaining change down to zero noise, if changes continue as 1, 1/2^order, 1/4^order, ...
    const left = 1 / (1 - 2 ** -order);
    const bias = left * Math.hypot(change.value, change.error);
    return { reach, value, bias, variance: error * error * PILOT };
  });

  const noisy = ({ value, bias, variance }: (typeof errors)[number], passes: number) =>
    Math.hypot(bias, Math.sqrt(variance / passes)) / Math.abs(value);
  // The directions may use a third of the variance, noise and bias together two thirds.
  const allowed = precision * Math.sqrt(2 / 3);
  const passesFor = (tried: (typeof errors)[number]) => {
    const room = (allowed * tried.value) ** 2 - tried.bias ** 2;
    return room > 0 ? Math.max(1, Math.ceil(tried.variance / room)) : Number.POSITIVE_INFINITY;
  };
  // Among plans with equally many passes, takes the largest reach, which is best for readings by step.
  const unbiased = ({ bias, value }: (typeof errors)[number]) =>
    bias <= (allowed / 2) * Math.abs(value);
  const fit = errors.filter((one) => unbiased(one) && passesFor(one) <= MOST_PASSES);
  // If no plan is precise enough, stops adding passes where the noise is half the bias.
  const useful = ({ variance, bias }: (typeof errors)[number]) =>
    Math.min(MOST_PASSES, Math.max(1, Math.ceil((4 * variance) / bias ** 2)));
  const best = fit.length
    ? fit.reduce((a, b) => (passesFor(b) <= passesFor(a) ? b : a))
    : errors.reduce((a, b) => (noisy(b, useful(b)) < noisy(a, useful(a)) ? b : a));
  const passes = fit.length ? passesFor(best) : useful(best);

  const { mean, spread } = await meanCurvature(probe, streams, best.reach);
  const wantedNodes = Math.ceil((6 * spread) / precision ** 2);
  const nodes = Math.max(1, Math.min(most, probe.nodes, wantedNodes));
  const directions = Math.sqrt((2 * spread) / nodes);
  const noise = Math.sqrt(best.variance / passes) / Math.abs(best.value);
  const bias = best.bias / Math.abs(best.value);
  // In a training step the first order does not cancel: it adds <(w.g)^2> / (|B| reach^2) to the variance of a pass.
  const perStep = perUnit / (batch * best.reach ** 2) + (best.variance * probe.samples) / batch;
  return {
    precision,
    expected: Math.hypot(directions, noise, bias),
    directions,
    noise,
    bias,
    reach: best.reach,
    nodes,
    passes,
    steps: Math.ceil(perStep / (best.variance / passes)),
    mean,
  };
}

/** Antithetic readings with the same noise and the same random weights at every reach. */
async function read(probe: CurvatureProbe, streams: Streams, reach: number): Promise<number[]> {
  const m = Math.min(DIRECTIONS, probe.nodes);
  const weights = streams.draw("probe", 5, "normal", 0, probe.width, m);
  const norm = Math.sqrt(squares(weights));
  const V = Float64Array.from(weights, (w) => (reach * w) / norm);
  const readings: number[] = [];
  for (let k = 0; k < PILOT; k++) {
    const eps = streams.draw("probe", 6, "normal", k, probe.samples, m);
    readings.push(quadraticForm(V, await probe.noisy(V, eps, "smoothed")));
  }
  return readings;
}

/** `tr<H> / d`, and `tr(H^2) / tr(H)^2 - 1 / d`: from `v.Hv` and `|Hv|^2` of random directions of length `reach`. */
async function meanCurvature(
  probe: CurvatureProbe,
  streams: Streams,
  reach: number,
): Promise<{ mean: Estimate; spread: number }> {
  const d = probe.width;
  const random = streams.draw("probe", 7, "normal", 0, d, DIRECTIONS);
  const lengths = Array.from({ length: DIRECTIONS }, (_, k) =>
    Math.sqrt(squares(column(random, k, d))),
  );
  const V = Float64Array.from(random, (x, i) => (reach * x) / lengths[i % DIRECTIONS]);
  const images = await probe.shifted(V, "smoothed");
  const forms: number[] = [];
  let square = 0;
  for (let k = 0; k < DIRECTIONS; k++) {
    const [v, image] = [column(V, k, d), column(images, k, d)];
    forms.push(quadraticForm(v, image));
    square += squares(image) / squares(v) / DIRECTIONS;
  }
  const mean = estimate(forms);
  // |Hv|^2 / |v|^2 averages to tr(H^2) / d.
  return { mean, spread: Math.max(0, square / (d * mean.value ** 2) - 1 / d) };
}

function column(values: ArrayLike<number>, k: number, d: number): Float64Array {
  return Float64Array.from({ length: d }, (_, i) => values[i * DIRECTIONS + k]);
}
