// Elementary functions in float64 made of +, -, *, / alone, so that no host can round them otherwise.

const LN2_HIGH: f64 = 6.93147180369123816490e-1; // ln 2 to 32 bits: exact when multiplied by an exponent
const LN2_LOW: f64 = 1.90821492927058770002e-10;
const ROOT_HALF: f64 = 0.7071067811865476;

/**
 * ln x for finite positive normal x. With x = 2^k m, m in [sqrt(1/2), sqrt 2), and s = (m - 1) / (m + 1):
 * ln m = 2 (s + s^3/3 + s^5/5 + ...), |s| <= 0.1716; the series is cut where it falls below 2^-56.
 * Infinity and NaN come back as they are.
 */
export function log(x: f64): f64 {
  if (!(x < Infinity)) return x;
  const bits = reinterpret<u64>(x);
  let k = <i32>(bits >> 52) - 1022;
  let m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3fe0000000000000);
  if (m < ROOT_HALF) {
    m *= 2;
    k--;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let p: f64 = 1.0 / 23;
  p = p * z + 1.0 / 21;
  p = p * z + 1.0 / 19;
  p = p * z + 1.0 / 17;
  p = p * z + 1.0 / 15;
  p = p * z + 1.0 / 13;
  p = p * z + 1.0 / 11;
  p = p * z + 1.0 / 9;
  p = p * z + 1.0 / 7;
  p = p * z + 1.0 / 5;
  p = p * z + 1.0 / 3;
  const e = <f64>k;
  return e * LN2_HIGH + (2 * s + (2 * s * z * p + e * LN2_LOW));
}

const TWO_PI: f64 = 6.283185307179586;

/** The angle left of 2 pi u, u in [0, 1), when the nearest quarter turn is taken away: in [-pi/4, pi/4]. */
// @ts-ignore: decorator
@inline
function reduced(u: f64, quarter: f64): f64 {
  return TWO_PI * (u - 0.25 * quarter);
}

/** Taylor series, cut below 2^-56 for |t| <= pi/4. */
function sinSeries(t: f64): f64 {
  const z = t * t;
  let p: f64 = 1.0 / 355687428096000;
  p = p * z - 1.0 / 1307674368000;
  p = p * z + 1.0 / 6227020800;
  p = p * z - 1.0 / 39916800;
  p = p * z + 1.0 / 362880;
  p = p * z - 1.0 / 5040;
  p = p * z + 1.0 / 120;
  p = p * z - 1.0 / 6;
  return t + t * z * p;
}

function cosSeries(t: f64): f64 {
  const z = t * t;
  let p: f64 = 1.0 / 20922789888000;
  p = p * z - 1.0 / 87178291200;
  p = p * z + 1.0 / 479001600;
  p = p * z - 1.0 / 3628800;
  p = p * z + 1.0 / 40320;
  p = p * z - 1.0 / 720;
  p = p * z + 1.0 / 24;
  return 1 - 0.5 * z + z * z * p;
}

/** cos(2 pi u) for u in [0, 1). */
export function cos2pi(u: f64): f64 {
  const quarter = Math.floor(4 * u + 0.5);
  const t = reduced(u, quarter);
  const q = <i32>quarter & 3;
  const value = q & 1 ? sinSeries(t) : cosSeries(t);
  return q == 1 || q == 2 ? -value : value;
}

/** sin(2 pi u) for u in [0, 1). */
export function sin2pi(u: f64): f64 {
  const quarter = Math.floor(4 * u + 0.5);
  const t = reduced(u, quarter);
  const q = <i32>quarter & 3;
  const value = q & 1 ? cosSeries(t) : sinSeries(t);
  return q >= 2 ? -value : value;
}
