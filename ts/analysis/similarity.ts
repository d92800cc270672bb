import { estimate } from "./estimate.js";

/** A positive curve in time. */
export interface TimedCurve {
  /** Times in ascending order. */
  readonly t: ArrayLike<number>;
  /** Values, `[t.length]`, above 0. */
  readonly y: ArrayLike<number>;
}

/** How similar two curves are. */
export interface Likeness {
  /** Spearman's rank correlation at equal times. */
  readonly rank: number;
  /** Factor by which the second curve is slower than the first when their logarithms correlate best. */
  readonly rescaling: number;
  /** Pearson's correlation of the logarithms at that rescaling. */
  readonly correlation: number;
}

/** A mean over runs with its 95 % bootstrap interval. For three runs or fewer, the interval is just their range. */
export interface BootstrapInterval {
  /** Arithmetic mean over the runs. */
  readonly mean: number;
  /** Lower and upper end of the interval. */
  readonly interval: readonly [number, number];
}

/** How similar noise weights and losses of the same runs are, compared with those of different runs. */
export interface Similarity {
  /** Noise weights of a run and the loss of the same run. */
  readonly own: Readonly<Record<keyof Likeness, BootstrapInterval>>;
  /** Noise weights of a run and the loss of another run: what any two falling curves have in common. */
  readonly null: Readonly<Record<keyof Likeness, BootstrapInterval>>;
  /**
   * `own` minus `null`, run by run. If the interval is above 0, noise weights resemble their own loss more than others.
   */
  readonly excess: Readonly<Record<"rank" | "correlation", BootstrapInterval>>;
  /** Rank correlations of the noise weights of each run (row) with the loss of each run (column). */
  readonly pairs: readonly (readonly number[])[];
  /**
   * Probability that a random pairing of noise weights and losses has as large a mean rank correlation as the true
   * pairing.
   */
  readonly chance: number;
}

/** Number of times at which curves are compared. */
const POINTS = 200;
/** The rescalings that are tried: up to a factor of 16 in both directions. */
const RESCALINGS = Array.from({ length: 161 }, (_, i) => 2 ** ((i - 80) / 20));

/** Compares two falling curves over the time that both cover, at 200 equally spaced times. */
export function likeness(a: TimedCurve, b: TimedCurve): Likeness {
  const end = Math.min(a.t[a.t.length - 1], b.t[b.t.length - 1]);
  const start = Math.max(a.t[0], b.t[0]);
  const times = Array.from(
    { length: POINTS },
    (_, i) => start + ((end - start) * i) / (POINTS - 1),
  );
  const ya = times.map((t) => Math.log(at(a, t)));
  const rank = pearson(ranks(ya), ranks(times.map((t) => at(b, t))));
  let best = { rescaling: 1, correlation: Number.NEGATIVE_INFINITY };
  for (const rescaling of RESCALINGS) {
    // Only times at which both curves are known, if these are at least half of all times.
    const known = times.filter((t) => start + (t - start) * rescaling <= end);
    if (known.length < POINTS / 2) continue;
    const correlation = pearson(
      ya.slice(0, known.length),
      known.map((t) => Math.log(at(b, start + (t - start) * rescaling))),
    );
    if (correlation > best.correlation) best = { rescaling, correlation };
  }
  return { rank, ...best };
}

/**
 * How similar the noise weights' evolution is to that of the loss, over runs of several seeds. The null hypothesis is
 * given by pairs of different runs.
 * @param random uniform on [0, 1), for the bootstrap and the permutation test.
 */
export function similarity(
  niw: readonly TimedCurve[],
  loss: readonly TimedCurve[],
  random: () => number,
): Similarity {
  const all = niw.map((curve) => loss.map((other) => likeness(curve, other)));
  const own = all.map((row, s) => row[s]);
  const others = all.map((row, s) => row.filter((_, r) => r !== s));
  const pairs = all.map((row) => row.map(({ rank }) => rank));
  const keys = ["rank", "rescaling", "correlation"] as const;
  const column = (rows: readonly Likeness[], key: keyof Likeness) => rows.map((row) => row[key]);
  const nulls = (key: keyof Likeness) => others.map((row) => estimate(column(row, key)).value);
  const over = <K extends keyof Likeness>(some: readonly K[], values: (key: K) => number[]) =>
    Object.fromEntries(some.map((key) => [key, bootstrap(values(key), random)])) as Record<
      K,
      BootstrapInterval
    >;
  return {
    own: over(keys, (key) => column(own, key)),
    null: over(keys, nulls),
    excess: over(["rank", "correlation"] as const, (key) => {
      const base = nulls(key);
      return column(own, key).map((value, s) => value - base[s]);
    }),
    pairs,
    chance: chance([pairs], random),
  };
}

/**
 * A permutation test over one or several sets of runs. It shuffles the losses within each set, and counts how often
 * they are as similar to the noise weights as in the true pairing. For a single set of three runs, the result is at
 * least 1/6 up to sampling error.
 * @param sets for each set its `pairs`.
 */
export function chance(
  sets: readonly Similarity["pairs"][],
  random: () => number,
  draws = 5000,
): number {
  const sum = (deal: (n: number) => number[]) =>
    sets.reduce((total, pairs) => {
      const dealt = deal(pairs.length);
      return total + pairs.reduce((part, row, s) => part + row[dealt[s]], 0);
    }, 0);
  const own = sum((n) => Array.from({ length: n }, (_, s) => s));
  let reached = 0;
  for (let k = 0; k < draws; k++) if (sum((n) => shuffled(n, random)) >= own - 1e-12) reached++;
  return (reached + 1) / (draws + 1);
}

/** 0 to n - 1 in random order (Fisher and Yates). */
function shuffled(n: number, random: () => number): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** The mean, and the middle 95 % of the means of resampled values (with replacement). */
export function bootstrap(
  values: readonly number[],
  random: () => number,
  draws = 2000,
): BootstrapInterval {
  const means = Array.from({ length: draws }, () => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[Math.floor(random() * values.length)];
    return sum / values.length;
  }).sort((a, b) => a - b);
  return {
    mean: estimate(values).value,
    interval: [means[Math.floor(0.025 * draws)], means[Math.ceil(0.975 * draws) - 1]],
  };
}

/** The curve's value at a time, interpolated linearly between its points. */
function at({ t, y }: TimedCurve, time: number): number {
  let low = 0;
  let high = t.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (t[middle] <= time) low = middle;
    else high = middle;
  }
  const span = t[high] - t[low];
  const part = span > 0 ? Math.min(1, Math.max(0, (time - t[low]) / span)) : 0;
  return y[low] + part * (y[high] - y[low]);
}

/** Ranks from 1. Equal values share their mean rank. */
function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => values[i] - values[j]);
  const out = new Array<number>(values.length);
  for (let i = 0; i < order.length; ) {
    let j = i;
    while (j < order.length && values[order[j]] === values[order[i]]) j++;
    for (let k = i; k < j; k++) out[order[k]] = (i + j + 1) / 2;
    i = j;
  }
  return out;
}

function pearson(a: readonly number[], b: readonly number[]): number {
  const [ma, mb] = [estimate(a).value, estimate(b).value];
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) ** 2;
    bb += (b[i] - mb) ** 2;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}
