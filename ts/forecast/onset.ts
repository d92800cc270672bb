/** Two values of `sigma` between which something sets in; null where the search found none. */
export interface Bracket {
  readonly below: number | null;
  readonly above: number | null;
}

/** A bracket with both of its ends. */
export interface ClosedBracket {
  readonly below: number;
  readonly above: number;
}

export interface Search {
  /** Whether it has set in at this `sigma`. */
  readonly beyond: (sigma: number) => Promise<boolean>;
  /** Where to look first. */
  readonly from: number;
  /** Factor of the steps away from there. */
  readonly stride: number;
  /** The search gives up this factor away from `from`. */
  readonly farthest: number;
  /** The bracket's width, as a ratio, at which the search ends. */
  readonly precision: number;
}

/** Brackets the `sigma` from which on `beyond` is true: goes away from the first value, then halves on a logarithmic scale. */
export async function onset({
  beyond,
  from,
  stride,
  farthest,
  precision,
}: Search): Promise<Bracket> {
  let [below, above]: (number | null)[] = [null, null];
  for (let sigma = from; below === null || above === null; ) {
    if (sigma > farthest * from || sigma < from / farthest) return { below, above };
    if (await beyond(sigma)) above = sigma;
    else below = sigma;
    sigma = above === null ? sigma * stride : sigma / stride;
  }
  while (above > below * precision) {
    const middle = Math.sqrt(below * above);
    if (await beyond(middle)) above = middle;
    else below = middle;
  }
  return { below, above };
}

/** The bracket if it has both ends, else null. */
export function closed({ below, above }: Bracket): ClosedBracket | null {
  return below === null || above === null ? null : { below, above };
}
