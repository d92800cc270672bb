/** Two values of `sigma` between which something sets in. */
export interface Bracket {
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
}: Search): Promise<Bracket | null> {
  let [below, above] = [0, Number.POSITIVE_INFINITY];
  for (let sigma = from; below === 0 || above === Number.POSITIVE_INFINITY; ) {
    if (sigma > farthest * from || sigma < from / farthest) return null;
    if (await beyond(sigma)) {
      above = sigma;
      sigma /= stride;
    } else {
      below = sigma;
      sigma *= stride;
    }
  }
  while (above > below * precision) {
    const middle = Math.sqrt(below * above);
    if (await beyond(middle)) above = middle;
    else below = middle;
  }
  return { below, above };
}
