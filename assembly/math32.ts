// Elementary functions on four float32 lanes, computed with +, -, * and / only. They return NaN for NaN.

const LOG2_E: f32 = 1.44269504;
const LN2_HIGH: f32 = 0.693359375; // exact in 9 bits
const LN2_LOW: f32 = -2.12194440e-4;

/** 2^n for integers n in -126 .. 127. */
// @ts-ignore: decorator
@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/**
 * e^x = 2^n e^r with |r| <= ln(2)/2 and the Taylor series of e^r to r^7. It underflows to 0 and overflows to Infinity
 * gradually, because the scaling by 2^n is done in two steps.
 */
export function exp(x: v128): v128 {
  const bounded = f32x4.min(f32x4.max(x, f32x4.splat(-104)), f32x4.splat(90));
  const n = f32x4.nearest(f32x4.mul(bounded, f32x4.splat(LOG2_E)));
  let r = f32x4.sub(bounded, f32x4.mul(n, f32x4.splat(LN2_HIGH)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(LN2_LOW)));
  let p = f32x4.splat(<f32>(1.0 / 5040));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(<f32>(1.0 / 720)));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(<f32>(1.0 / 120)));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(<f32>(1.0 / 24)));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(<f32>(1.0 / 6)));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.5));
  p = f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r);
  p = f32x4.add(p, f32x4.splat(1));
  const whole = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(p, powerOfTwo(half)), powerOfTwo(i32x4.sub(whole, half)));
}

/**
 * tanh x: below 0.625 an odd polynomial (coefficients as in the Cephes library), above it 1 - 2 / (e^(2|x|) + 1), with
 * the sign of x.
 */
export function tanh(x: v128): v128 {
  const size = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = f32x4.splat(-5.70498872745e-3);
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(2.06390887954e-2));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-5.37397155531e-2));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(1.33314422036e-1));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-3.33332819422e-1));
  const near = f32x4.add(x, f32x4.mul(f32x4.mul(p, z), x));
  const e = exp(f32x4.add(size, size));
  const far = f32x4.sub(f32x4.splat(1), f32x4.div(f32x4.splat(2), f32x4.add(e, f32x4.splat(1))));
  const signed = v128.or(far, v128.and(x, f32x4.splat(-0.0)));
  return v128.bitselect(near, signed, f32x4.lt(size, f32x4.splat(0.625)));
}

/** e^(-x^2 / 2). */
export function bell(x: v128): v128 {
  return exp(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5)));
}

const P0: f32 = 0.1396214;
const P1: f32 = 0.13986184;
const P2: f32 = 0.11983312;
const P3: f32 = 0.10550705;
const P4: f32 = -0.023107663;
const P5: f32 = 0.1591711;
const P6: f32 = -0.25571164;
const P7: f32 = 0.14397047;
const P8: f32 = -0.029145684;

/**
 * Phi(x), the normal distribution function, from `bell(x)`: Phi(-a) = bell(a) t P(t) with t = 1 / (1 + 0.35 a). P is a
 * minimax polynomial that was fitted for this project (`scripts/fit-normal-cdf.py`).
 */
export function normalCdf(x: v128, bell: v128): v128 {
  const one = f32x4.splat(1);
  const t = f32x4.div(one, f32x4.add(one, f32x4.mul(f32x4.abs(x), f32x4.splat(0.35))));
  let p = f32x4.splat(P8);
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(P7));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(P6));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(P5));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(P4));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(P3));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(P2));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(P1));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(P0));
  const tail = f32x4.mul(f32x4.mul(p, t), bell);
  return v128.bitselect(tail, f32x4.sub(one, tail), f32x4.lt(x, f32x4.splat(0)));
}
