import { estimate } from "./estimate.js";

/** How a reading follows what it reads, over many runs. */
export interface Calibration {
  readonly runs: number;
  /** Of the least-squares line through the origin, and its standard error: 1 if the reading is right. */
  readonly slope: number;
  readonly slopeError: number;
  /** Part of the readings' variance that the line explains. */
  readonly rSquared: number;
  /** Mean of reading over direct value, less 1, and its standard error. */
  readonly bias: number;
  readonly biasError: number;
}

/** Calibrates readings against directly measured values; pairs that are not finite are left out. */
export function calibrate(direct: readonly number[], reading: readonly number[]): Calibration {
  const pairs = direct
    .map((x, i) => [x, reading[i]] as const)
    .filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  const sum = (of: (pair: readonly [number, number]) => number) =>
    pairs.reduce((total, pair) => total + of(pair), 0);
  const xx = sum(([x]) => x * x);
  const slope = sum(([x, y]) => x * y) / xx;
  const missed = sum(([x, y]) => (y - slope * x) ** 2);
  const mean = sum(([, y]) => y) / pairs.length;
  const bias = estimate(pairs.map(([x, y]) => y / x - 1));
  return {
    runs: pairs.length,
    slope,
    slopeError: Math.sqrt(missed / Math.max(1, pairs.length - 1) / xx),
    rSquared: 1 - missed / sum(([, y]) => (y - mean) ** 2),
    bias: bias.value,
    biasError: bias.error,
  };
}
