/**
 * Elementary functions from additions, multiplications and divisions, which every host rounds in the same way.
 * Generated data must have the same bits everywhere, and a host's own `Math.tanh` or `Math.cos` may differ in the last
 * bit.
 */

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** tanh x, accurate to four units in the last place. */
export function tanh(x: number): number {
  const size = Math.abs(x);
  if (size > 20) return Math.sign(x);
  if (size < 0.5) return x / lambert(x);
  const e = exp(-2 * size);
  return (Math.sign(x) * (1 - e)) / (1 + e);
}

/** tanh x / x is the reciprocal of Lambert's continued fraction `1 + x^2 / (3 + x^2 / (5 + ...))`. */
function lambert(x: number): number {
  let below = 21;
  for (let odd = 19; odd > 0; odd -= 2) below = odd + square(x) / below;
  return below;
}

/** `cos(2 pi u)`, accurate to 2e-16. */
export function cosTurn(u: number): number {
  return quartered(u, 0);
}

/** `sin(2 pi u)`, accurate to 2e-16. */
export function sinTurn(u: number): number {
  return quartered(u, -1);
}

/** The cosine of `u` turns plus `more` quarter turns. */
function quartered(u: number, more: number): number {
  const nearest = Math.round(4 * u);
  const angle = 2 * Math.PI * (u - nearest / 4);
  const quarters = (((nearest + more) % 4) + 4) % 4;
  const value = quarters % 2 === 0 ? cosSmall(angle) : sinSmall(angle);
  return quarters === 1 || quarters === 2 ? -value : value;
}

/** exp x for `x` from -40 to 0, accurate to 2e-16 of itself: `2^n exp(r)` with `|r| <= ln 2 / 2`. */
export function exp(x: number): number {
  const n = Math.round(x / Math.LN2);
  const r = x - n * LN2_HIGH - n * LN2_LOW;
  let sum = 1;
  for (let k = 13; k > 0; k--) sum = 1 + (r * sum) / k;
  let power = 1;
  for (let k = 0; k < -n; k++) power *= 0.5;
  return sum * power;
}

/** ln x for `x` from 1/3 to 1, accurate to 2e-16: `2 (s + s^3 / 3 + s^5 / 5 + ...)` with `s = (x - 1) / (x + 1)`. */
export function lnBelowOne(x: number): number {
  const s = (x - 1) / (x + 1);
  let sum = 0;
  for (let odd = 53; odd > 0; odd -= 2) sum = 1 / odd + square(s) * sum;
  return 2 * s * sum;
}

/** cos x for `|x| <= pi / 4`. */
function cosSmall(x: number): number {
  let sum = 1;
  for (let k = 16; k > 0; k -= 2) sum = 1 - (square(x) * sum) / (k * (k - 1));
  return sum;
}

/** sin x for `|x| <= pi / 4`. */
function sinSmall(x: number): number {
  let sum = 1;
  for (let k = 17; k > 1; k -= 2) sum = 1 - (square(x) * sum) / (k * (k - 1));
  return x * sum;
}

function square(x: number): number {
  return x * x;
}
