import { levenbergMarquardt } from "ml-levenberg-marquardt";
import { inverse, Matrix } from "ml-matrix";

/** What `A exp(-t/tau) + C` makes of a falling curve. */
export interface TimeScale {
  /** In the unit of the curve's times; null if the fit was refused. */
  readonly tau: number | null;
  /** 95 % confidence. */
  readonly interval: readonly [number, number] | null;
  readonly amplitude: number;
  readonly offset: number;
  /** First and last time that was fitted: from the peak to the lowest point, or 5 falls to 1/e at most. */
  readonly window: readonly [number, number];
  /** Part of the variance that the fit explains. */
  readonly rSquared: number;
  readonly points: number;
  /** Why there is no time scale. */
  readonly refused: string | null;
}

/** Equal parts of the window that points are averaged in: dense recording at the start shall not outweigh the rest. */
const BINS = 200;
const FEWEST = 8;

/**
 * Fits `A exp(-t/tau) + C` by least squares over the window in which a curve really falls. The interval comes from the
 * fit's covariance, widened by `sqrt((1 + rho) / (1 - rho))` where neighbouring residuals correlate by rho (derived).
 */
export function fitDecay(times: ArrayLike<number>, values: ArrayLike<number>): TimeScale {
  const all = finite(times, values);
  const refuse = (refused: string, part: Partial<TimeScale> = {}): TimeScale => ({
    tau: null,
    interval: null,
    amplitude: Number.NaN,
    offset: Number.NaN,
    window: [all.t[0] ?? Number.NaN, all.t[all.t.length - 1] ?? Number.NaN],
    rSquared: Number.NaN,
    points: all.t.length,
    ...part,
    refused,
  });
  if (all.t.length < FEWEST) return refuse(`it has ${all.t.length} points: a fit takes ${FEWEST}`);
  const { t, y } = binned(fallingPart(all));
  const window = [t[0], t[t.length - 1]] as const;
  if (t.length < FEWEST)
    return refuse("it does not fall for long enough", { window, points: t.length });
  const scatter = scatterOf(y);
  const drop = y[0] - Math.min(...y);
  if (!(drop > 5 * scatter))
    return refuse("it does not fall beyond its scatter", { window, points: t.length });

  const origin = t[0];
  const span = window[1] - window[0];
  const scale = y[0];
  const x = t.map((time) => (time - origin) / span);
  const passage = firstPassage(x, y, y[y.length - 1]) ?? 1;
  const { parameterValues } = levenbergMarquardt(
    { x, y: y.map((value) => value / scale) },
    ([a, logTau, c]) =>
      (time) =>
        a * Math.exp(-time / Math.exp(logTau)) + c,
    {
      initialValues: [drop / scale, Math.log(Math.max(passage, 1e-3)), y[y.length - 1] / scale],
      jacobianFunction: jacobian,
      maxIterations: 200,
      damping: 0.01,
      errorTolerance: 1e-14,
    },
  );
  const [a, logTau, c] = parameterValues;
  const residuals = x.map((time, i) => y[i] / scale - a * Math.exp(-time / Math.exp(logTau)) - c);
  const error = logTauError(parameterValues, x, residuals);
  const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
  const total = y.reduce((sum, value) => sum + ((value - mean) / scale) ** 2, 0);
  const rSquared = 1 - residuals.reduce((sum, r) => sum + r * r, 0) / total;
  const tau = Math.exp(logTau) * span;
  const fit = { amplitude: a * scale, offset: c * scale, window, rSquared, points: t.length };
  if (!Number.isFinite(tau) || !(a > 0)) return refuse("no exponential decay fits it", fit);
  if (!(tau < 3 * span)) return refuse("it falls too slowly for its time scale to be told", fit);
  if (!(error < 0.5)) return refuse("the time scale is not determined to better than half", fit);
  const spread = Math.exp(1.96 * error);
  return { tau, interval: [tau / spread, tau * spread], ...fit, refused: null };
}

/** Derivatives by `A`, `ln tau`, `C`. */
function jacobian([a, logTau]: number[]): (time: number) => number[] {
  return (time) => {
    const tau = Math.exp(logTau);
    const e = Math.exp(-time / tau);
    return [e, (a * e * time) / tau, 1];
  };
}

/** Standard error of `ln tau`. */
function logTauError(
  parameters: number[],
  x: readonly number[],
  residuals: readonly number[],
): number {
  const J = new Matrix(x.map(jacobian(parameters)));
  const free = Math.max(1, x.length - 3);
  const square = residuals.reduce((sum, r) => sum + r * r, 0);
  const beside = residuals.slice(1).reduce((sum, r, i) => sum + r * residuals[i], 0);
  const rho = square > 0 ? Math.min(0.98, Math.max(0, beside / square)) : 0;
  try {
    const variance = inverse(J.transpose().mmul(J)).get(1, 1) * (square / free);
    return Math.sqrt((variance * (1 + rho)) / (1 - rho));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/**
 * The model-free time scale: when a curve has first come down to 1/e of the way from its start to `floor`, between
 * neighbours on a logarithmic scale; null if it never does.
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

function finite(times: ArrayLike<number>, values: ArrayLike<number>): Points {
  const kept = Array.from(times, (_, i) => i).filter((i) => Number.isFinite(values[i]));
  return { t: kept.map((i) => times[i]), y: kept.map((i) => values[i]) };
}

/** From the peak to the lowest point after it, but no longer than 5 times what the fall to 1/e takes. */
function fallingPart({ t, y }: Points): Points {
  const peak = y.indexOf(Math.max(...y));
  const low = y.indexOf(Math.min(...y.slice(peak)), peak);
  const passage = firstPassage(t.slice(peak), y.slice(peak), y[low]);
  const most = passage === null ? Number.POSITIVE_INFINITY : t[peak] + 5 * passage;
  const last = most < t[low] ? t.findIndex((time) => time >= most) : low;
  return { t: t.slice(peak, last + 1), y: y.slice(peak, last + 1) };
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

/** Standard deviation of what is not smooth, from second differences (of white noise: variance 6). */
function scatterOf(y: readonly number[]): number {
  const squares = y.slice(2).map((value, i) => (value - 2 * y[i + 1] + y[i]) ** 2);
  squares.sort((a, b) => a - b);
  // The median of chi^2 with one degree of freedom is 0.455.
  return Math.sqrt(squares[Math.floor(squares.length / 2)] / 0.455 / 6);
}
