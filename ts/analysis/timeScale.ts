import { fitLogarithms, fitPlain } from "./decayFit.js";
import { largest, least } from "./extremes.js";

/** The time scale of a falling curve, from a fit of `A exp(-t/tau) + C`. */
export interface TimeScale {
  /** In the unit of the curve's times; null if the fit was refused. */
  readonly tau: number | null;
  /** 95 % confidence interval of `tau`; null if the fit was refused. */
  readonly interval: readonly [number, number] | null;
  /** `A`, in the unit of the curve. */
  readonly amplitude: number;
  /** `C`, in the unit of the curve. */
  readonly offset: number;
  /** First and last time of the fitted points. */
  readonly window: readonly [number, number];
  /** Fraction of the variance that the fit explains; for `proportional` scatter, of the logarithm's variance. */
  readonly rSquared: number;
  /** Number of points that were fitted, after averaging in bins. */
  readonly points: number;
  /** Why there is no time scale; null if there is one. */
  readonly refused: string | null;
}

/**
 * How a curve scatters, which decides how it is fitted.
 * - `additive`: equally everywhere, like noise weights, which diffuse. The fit is by least squares, from the peak to
 *   the lowest point, but at most over 5 times the time of the fall to 1/e.
 * - `proportional`: in proportion to its value, like losses, which are positive and fall over decades; plain least
 *   squares would only see their first drop. The fit is by least squares of logarithms with `C >= 0`, from the peak to
 *   the lowest point, but at most over 10 `tau`.
 * - `floorless`: like `additive`, but with `C = 0`, for the memory of noise weights, which diffusion does not lift.
 */
export type Scatter = "additive" | "proportional" | "floorless";

/**
 * Number of equal parts of the window. Points are averaged within each, so that dense recording at the start does not
 * dominate.
 */
const BINS = 200;
const FEWEST = 8;
/** After this many first passages the curve is at its floor, and further bins would give the floor too much weight. */
const PASSAGES = 5;
const TIME_SCALES = 10;

/** Fits `A exp(-t/tau) + C` over the window in which a curve falls. */
export function fitDecay(
  times: ArrayLike<number>,
  values: ArrayLike<number>,
  scatter: Scatter = "additive",
): TimeScale {
  const all = finite(times, values, scatter);
  if (all.t.length < FEWEST) {
    return refused(all, `it has ${all.t.length} points: a fit takes ${FEWEST}`);
  }
  const fall = fallingPart(all);
  if (scatter !== "proportional") return fitted(firstFalls(fall, scatter), scatter);
  const whole = fitted(fall, scatter);
  const end = whole.window[0] + TIME_SCALES * (whole.tau ?? Number.POSITIVE_INFINITY);
  const early = upTo(fall, end);
  const shorter = early.t.length < fall.t.length && early.t.length >= FEWEST;
  return shorter ? fitted(early, scatter) : whole;
}

function fitted(points: Points, scatter: Scatter): TimeScale {
  const { t, y } = binned(points);
  const proportional = scatter === "proportional";
  if (t.length < FEWEST) return refused({ t, y }, "it does not fall for long enough");
  const seen = proportional ? y.map(Math.log) : y;
  if (!(seen[0] - least(seen) > 5 * scatterOf(seen))) {
    return refused({ t, y }, "it does not fall beyond its scatter");
  }
  const span = t[t.length - 1] - t[0];
  const x = t.map((time) => (time - t[0]) / span);
  const fit = proportional ? fitLogarithms(x, seen) : fitPlain(x, seen, scatter === "additive");
  const { amplitude, offset, rSquared, logTauError } = fit;
  const found = { amplitude, offset, rSquared };
  const refuse = (why: string) => refused({ t, y }, why, found);
  if (!Number.isFinite(fit.tau) || !(amplitude > 0)) return refuse("no exponential decay fits it");
  if (!(fit.tau < 3)) return refuse("it falls too slowly to determine its time scale");
  if (!(logTauError < 0.5)) return refuse("the time scale is not determined to better than half");
  const tau = fit.tau * span;
  const spread = Math.exp(1.96 * logTauError);
  return {
    ...found,
    tau,
    interval: [tau / spread, tau * spread],
    window: windowOf(t),
    points: t.length,
    refused: null,
  };
}

function refused({ t }: Points, why: string, part: Partial<TimeScale> = {}): TimeScale {
  return {
    tau: null,
    interval: null,
    amplitude: Number.NaN,
    offset: Number.NaN,
    rSquared: Number.NaN,
    ...part,
    window: windowOf(t),
    points: t.length,
    refused: why,
  };
}

function windowOf(t: readonly number[]): [number, number] {
  return [t[0] ?? Number.NaN, t[t.length - 1] ?? Number.NaN];
}

/**
 * The model-free time scale: the time at which a curve has first fallen to 1/e of the way from its start to `floor`,
 * interpolated logarithmically between neighbouring points; null if it never does.
 */
export function firstPassage(
  times: ArrayLike<number>,
  values: ArrayLike<number>,
  floor = 0,
): number | null {
  const height = (i: number) => (values[i] - floor) / (values[0] - floor);
  for (let i = 1; i < values.length; i++) {
    const now = height(i);
    if (!(now <= Math.exp(-1))) continue;
    const before = height(i - 1);
    const part =
      now > 0
        ? Math.log(before * Math.E) / Math.log(before / now)
        : (before - Math.exp(-1)) / (before - now);
    return times[i - 1] + part * (times[i] - times[i - 1]) - times[0];
  }
  return null;
}

interface Points {
  readonly t: number[];
  readonly y: number[];
}

/** The points that can be fitted: finite ones, and for a fit of logarithms positive ones. */
function finite(times: ArrayLike<number>, values: ArrayLike<number>, scatter: Scatter): Points {
  const kept = Array.from(times, (_, i) => i).filter(
    (i) => Number.isFinite(values[i]) && (scatter !== "proportional" || values[i] > 0),
  );
  return { t: kept.map((i) => times[i]), y: kept.map((i) => values[i]) };
}

/** The part from the peak to the lowest point after it. */
function fallingPart({ t, y }: Points): Points {
  const peak = y.indexOf(largest(y));
  const low = y.indexOf(least(y.slice(peak)), peak);
  return { t: t.slice(peak, low + 1), y: y.slice(peak, low + 1) };
}

function firstFalls(fall: Points, scatter: Scatter): Points {
  const floor = scatter === "additive" ? fall.y[fall.y.length - 1] : 0;
  const passage = firstPassage(fall.t, fall.y, floor);
  return passage === null ? fall : upTo(fall, fall.t[0] + PASSAGES * passage);
}

/** The points up to the first one at or after `end`. */
function upTo({ t, y }: Points, end: number): Points {
  const last = t.findIndex((time) => time >= end);
  return last < 0 ? { t, y } : { t: t.slice(0, last + 1), y: y.slice(0, last + 1) };
}

function binned({ t, y }: Points): Points {
  if (t.length <= BINS) return { t, y };
  const width = (t[t.length - 1] - t[0]) / BINS;
  const bins = new Map<number, { t: number; y: number; n: number }>();
  t.forEach((time, i) => {
    const k = Math.min(BINS - 1, Math.floor((time - t[0]) / width));
    const bin = bins.get(k) ?? { t: 0, y: 0, n: 0 };
    bins.set(k, { t: bin.t + time, y: bin.y + y[i], n: bin.n + 1 });
  });
  const means = [...bins.values()];
  return { t: means.map((b) => b.t / b.n), y: means.map((b) => b.y / b.n) };
}

/**
 * Standard deviation of the noise in a curve, from its second differences, whose variance is 6 for white noise of
 * variance 1.
 */
function scatterOf(y: readonly number[]): number {
  const squares = y.slice(2).map((value, i) => (value - 2 * y[i + 1] + y[i]) ** 2);
  squares.sort((a, b) => a - b);
  // The median of chi^2 with one degree of freedom is 0.455.
  return Math.sqrt(squares[Math.floor(squares.length / 2)] / 0.455 / 6);
}
