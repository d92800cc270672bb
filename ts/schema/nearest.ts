/** The known name that a mistyped one is at most two edits from, fewer than half of its letters; undefined if none is. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const edits = known.map((other) => distance(name.toLowerCase(), other.toLowerCase()));
  const least = Math.min(2, name.length / 2, ...edits);
  return known[edits.indexOf(least)];
}

/** Letters to insert, delete or replace (Levenshtein's distance); words of other lengths are far. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      next.push(Math.min(row[j + 1] + 1, next[j] + 1, row[j] + (a[i] === b[j] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}
