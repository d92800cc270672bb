/** How well readings agree with the direct values, over many runs. */
export interface Calibration {
  /** Number of pairs that were compared. */
  readonly runs: number;
  /** Slope of the least-squares line through the origin; 1 if the reading is right. */
  readonly slope: number;
  /** Standard error of `slope`. */
  readonly slopeError: number;
  /** Fraction of the readings' variance that the line explains. */
  readonly rSquared: number;
  /** Sum of the readings divided by the sum of the direct values, minus 1. */
  readonly bias: number;
  /** Standard error of `bias`. */
  readonly biasError: number;
}

/**
 * Compares readings with directly measured values. Pairs that are not finite are left out.
 * @param groups for each run, the group that it belongs to. Runs of one group share their random draws, so their errors
 * are similar. With two groups or more, the standard errors are those of sums over groups where these are larger
 * (cluster-robust; Liang and Zeger, *Biometrika* 73, 1986). Default: each run is its own group.
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
 * The standard deviation of a sum whose terms are similar within groups. It is at least that of independent terms,
 * because the sums of a few groups may agree by chance.
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
