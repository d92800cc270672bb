import type { Column } from "./aligned.js";

/**
 * The rows that tell where curves are now: first that of the run's step, then one for each column.
 * @param own How many of the columns, from the first on, are the run's: each is at its last value, because some are measured
 * less often. The others are where they were at the run's step. One that ends before has none.
 */
export function rowsNow(columns: readonly Column[], own: number): (number | null)[] {
  const lasts = columns.map((values) => values.findLastIndex(isKnown));
  const now = Math.max(-1, ...lasts.slice(0, own));
  const rows = columns.map((values, i) => {
    if (i < own) return lasts[i];
    return lasts[i] < now ? -1 : values.findLastIndex((value, row) => row <= now && isKnown(value));
  });
  return [now, ...rows].map((row) => (row < 0 ? null : row));
}

function isKnown(value: number | null | undefined): boolean {
  return value !== null && value !== undefined;
}
