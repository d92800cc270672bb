// Elementary functions in float64, on two lanes, computed with +, -, * and / only, so that every host rounds them in
// the same way. In a series each term waits for the one before. So the functions are inlined, which lets the host
// compute several at once.

const LN2_HIGH: f64 = 6.93147180369123816490e-1; // ln 2 to 32 bits: exact when multiplied by an exponent
const LN2_LOW: f64 = 1.90821492927058770002e-10;
const ROOT_HALF: f64 = 0.7071067811865476;
const TWO_PI: f64 = 6.283185307179586;

// @ts-ignore: decorator
@inline
function horner(p: v128, z: v128, c: f64): v128 {
  return f64x2.add(f64x2.mul(p, z), f64x2.splat(c));
}

/**
 * ln x for finite positive normal x. With x = 2^k m, m in [sqrt(1/2), sqrt 2), and s = (m - 1) / (m + 1):
 * ln m = 2 (s + s^3/3 + s^5/5 + ...), |s| <= 0.1716; the series is cut where it falls below 2^-56.
 */
// @ts-ignore: decorator
@inline
export function logs(x: v128): v128 {
  const exponents = i64x2.shr_u(x, 52);
  let k = f64x2.sub(
    f64x2.convert_low_i32x4_s(v128.shuffle<u32>(exponents, exponents, 0, 2, 0, 2)),
    f64x2.splat(1022),
  );
  let m = v128.or(
    v128.and(x, i64x2.splat(0x000fffffffffffff)),
    i64x2.splat(0x3fe0000000000000),
  );
  const low = f64x2.lt(m, f64x2.splat(ROOT_HALF));
  m = v128.bitselect(f64x2.mul(m, f64x2.splat(2)), m, low);
  k = v128.bitselect(f64x2.sub(k, f64x2.splat(1)), k, low);
  const one = f64x2.splat(1);
  const s = f64x2.div(f64x2.sub(m, one), f64x2.add(m, one));
  const z = f64x2.mul(s, s);
  let p = f64x2.splat(1.0 / 23);
  p = horner(p, z, 1.0 / 21);
  p = horner(p, z, 1.0 / 19);
  p = horner(p, z, 1.0 / 17);
  p = horner(p, z, 1.0 / 15);
  p = horner(p, z, 1.0 / 13);
  p = horner(p, z, 1.0 / 11);
  p = horner(p, z, 1.0 / 9);
  p = horner(p, z, 1.0 / 7);
  p = horner(p, z, 1.0 / 5);
  p = horner(p, z, 1.0 / 3);
  const twice = f64x2.mul(f64x2.splat(2), s);
  const rest = f64x2.add(
    f64x2.mul(f64x2.mul(twice, z), p),
    f64x2.mul(k, f64x2.splat(LN2_LOW)),
  );
  return f64x2.add(f64x2.mul(k, f64x2.splat(LN2_HIGH)), f64x2.add(twice, rest));
}

/** The Taylor series, cut below 2^-56 for |t| <= pi/4. */
// @ts-ignore: decorator
@inline
function sinSeries(t: v128): v128 {
  const z = f64x2.mul(t, t);
  let p = f64x2.splat(1.0 / 355687428096000);
  p = horner(p, z, -1.0 / 1307674368000);
  p = horner(p, z, 1.0 / 6227020800);
  p = horner(p, z, -1.0 / 39916800);
  p = horner(p, z, 1.0 / 362880);
  p = horner(p, z, -1.0 / 5040);
  p = horner(p, z, 1.0 / 120);
  p = horner(p, z, -1.0 / 6);
  return f64x2.add(t, f64x2.mul(f64x2.mul(t, z), p));
}

// @ts-ignore: decorator
@inline
function cosSeries(t: v128): v128 {
  const z = f64x2.mul(t, t);
  let p = f64x2.splat(1.0 / 20922789888000);
  p = horner(p, z, -1.0 / 87178291200);
  p = horner(p, z, 1.0 / 479001600);
  p = horner(p, z, -1.0 / 3628800);
  p = horner(p, z, 1.0 / 40320);
  p = horner(p, z, -1.0 / 720);
  p = horner(p, z, 1.0 / 24);
  return f64x2.add(
    f64x2.sub(f64x2.splat(1), f64x2.mul(f64x2.splat(0.5), z)),
    f64x2.mul(f64x2.mul(z, z), p),
  );
}

// @ts-ignore: decorator
@inline
function nearestQuarter(u: v128): v128 {
  return f64x2.floor(f64x2.add(f64x2.mul(f64x2.splat(4), u), f64x2.splat(0.5)));
}

/** The rest of the angle 2 pi u after the nearest quarter turn is subtracted: in [-pi/4, pi/4]. */
// @ts-ignore: decorator
@inline
function reduced(u: v128, quarter: v128): v128 {
  return f64x2.mul(
    f64x2.splat(TWO_PI),
    f64x2.sub(u, f64x2.mul(f64x2.splat(0.25), quarter)),
  );
}

/** A mask of the lanes whose quarter (0 to 4) is `a` or `b`. */
// @ts-ignore: decorator
@inline
function either(quarter: v128, a: f64, b: f64): v128 {
  return v128.or(f64x2.eq(quarter, f64x2.splat(a)), f64x2.eq(quarter, f64x2.splat(b)));
}

/** cos(2 pi u) for u in [0, 1). */
// @ts-ignore: decorator
@inline
export function cosTurns(u: v128): v128 {
  const quarter = nearestQuarter(u);
  const t = reduced(u, quarter);
  const value = v128.bitselect(sinSeries(t), cosSeries(t), either(quarter, 1, 3));
  return v128.bitselect(f64x2.neg(value), value, either(quarter, 1, 2));
}

/** sin(2 pi u) for u in [0, 1). */
// @ts-ignore: decorator
@inline
export function sinTurns(u: v128): v128 {
  const quarter = nearestQuarter(u);
  const t = reduced(u, quarter);
  const value = v128.bitselect(cosSeries(t), sinSeries(t), either(quarter, 1, 3));
  return v128.bitselect(f64x2.neg(value), value, either(quarter, 2, 3));
}

/** ln x for positive normal x. Infinity and NaN are returned unchanged. */
export function log(x: f64): f64 {
  return x < Infinity ? f64x2.extract_lane(logs(f64x2.splat(x)), 0) : x;
}

/** cos(2 pi u) for u in [0, 1). */
export function cos2pi(u: f64): f64 {
  return f64x2.extract_lane(cosTurns(f64x2.splat(u)), 0);
}

/** sin(2 pi u) for u in [0, 1). */
export function sin2pi(u: f64): f64 {
  return f64x2.extract_lane(sinTurns(f64x2.splat(u)), 0);
}
