/** A measured number and its standard error. */
export interface Estimate {
  /** The number. */
  readonly value: number;
  /** Its standard error; NaN where it is unknown. */
  readonly error: number;
}

/** The mean of independent values and its standard error, which is NaN for a single value. */
export function estimate(values: ArrayLike<number>): Estimate {
  const n = values.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i];
  const value = sum / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (values[i] - value) ** 2;
  return { value, error: n > 1 ? Math.sqrt(squares / (n - 1) / n) : Number.NaN };
}
