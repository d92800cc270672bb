/** How a reading follows what it reads, over many runs. */
export interface Calibration {
  /** Number of pairs that were compared. */
  readonly runs: number;
  /** Of the least-squares line through the origin, and its standard error: 1 if the reading is right. */
  readonly slope: number;
  /** Standard error of `slope`. */
  readonly slopeError: number;
  /** Part of the readings' variance that the line explains. */
  readonly rSquared: number;
  /** Sum of the readings over that of the direct values, less 1, and its standard error. */
  readonly bias: number;
  /** Standard error of `bias`. */
  readonly biasError: number;
}

/**
 * Calibrates readings against directly measured values; pairs that are not finite are left out.
 * @param groups runs of one group share their draws, so that what they err by is alike: with two groups or more the
 * standard errors are those of sums over groups (cluster-robust; Liang and Zeger, *Biometrika* 73, 1986), where larger. Left out: each
 * run is by itself.
 */
export function calibrate(
  direct: readonly number[],
  reading: readonly number[],
  groups: readonly unknown[] = direct.map((_, i) => i),
): Calibration {
  const pairs = direct
    .map((x, i) => ({ x, y: reading[i], group: groups[i] }))
    .filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  const sum = (of: (pair: (typeof pairs)[number]) => number) =>
    pairs.reduce((total, pair) => total + of(pair), 0);
  const xx = sum(({ x }) => x * x);
  const slope = sum(({ x, y }) => x * y) / xx;
  const missed = sum(({ x, y }) => (y - slope * x) ** 2);
  const mean = sum(({ y }) => y) / pairs.length;
  const all = sum(({ x }) => x);
  const bias = sum(({ y }) => y) / all - 1;
  const owners = pairs.map(({ group }) => group);
  return {
    runs: pairs.length,
    slope,
    slopeError: scatter(
      pairs.map(({ x, y }) => (x * (y - slope * x)) / xx),
      owners,
    ),
    rSquared: 1 - missed / sum(({ y }) => (y - mean) ** 2),
    bias,
    biasError: scatter(
      pairs.map(({ x, y }) => (y - (1 + bias) * x) / all),
      owners,
    ),
  };
}

/**
 * The standard deviation of a sum whose terms are alike within groups: of few groups, whose sums may be alike by luck, no
 * less than if they were not.
 */
function scatter(terms: readonly number[], groups: readonly unknown[]): number {
  const sums = new Map<unknown, number>();
  terms.forEach((term, i) => {
    sums.set(groups[i], (sums.get(groups[i]) ?? 0) + term);
  });
  const alone = deviation(terms);
  return sums.size > 1 ? Math.max(alone, deviation([...sums.values()])) : alone;
}

function deviation(terms: readonly number[]): number {
  const squares = terms.reduce((total, x) => total + x * x, 0);
  return Math.sqrt((squares * terms.length) / (terms.length - 1));
}
