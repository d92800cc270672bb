const TWO_OVER_ROOT_PI = 1.1283791670955126;

/** The error function in float64: the Maclaurin series below 2.5, the continued fraction of erfc above. */
export function erf(x: number): number {
  const z = Math.abs(x);
  if (!(z < 6)) return Number.isNaN(x) ? x : Math.sign(x);
  if (z < 2.5) {
    // erf z = 2/sqrt(pi) e^{-z^2} sum_n 2^n z^(2n+1) / (2n+1)!!: all terms are positive, so nothing cancels.
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return TWO_OVER_ROOT_PI * Math.exp(-x * x) * sum;
  }
  return Math.sign(x) * (1 - erfcTail(z));
}

/** `erfc(x)` for `x >= 2.5` to full relative precision: the continued fraction, evaluated from its last term. */
function erfcTail(x: number): number {
  let fraction = 0;
  for (let n = 120; n > 0; n--) fraction = n / 2 / (x + fraction);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}

/** Phi(x), the standard normal distribution function, without cancellation for negative `x`. */
export function normalCdf(x: number): number {
  const z = x * Math.SQRT1_2;
  if (z < -2.5) return 0.5 * erfcTail(-z);
  return 0.5 * (1 + erf(z));
}

/** phi(x), the standard normal density. */
export function normalDensity(x: number): number {
  return 0.3989422804014327 * Math.exp(-0.5 * x * x);
}
