// Elementary functions in WGSL. WGSL's own exp, tanh and log may be off by many units in the last place, and its tanh
// may even overflow. NaN is recognised by its bits, because WGSL lets a compiler assume that there is none.

export const IS_NAN = `fn isNan(x: f32) -> bool {
return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}`;

/** e^x = 2^n e^r with |r| <= ln(2)/2 and the Taylor series of e^r to r^7, as in `assembly/math32.ts`. */
export const EXP = `${IS_NAN}
fn pow2(n: i32) -> f32 {
return bitcast<f32>((n + 127) << 23u);
}
fn expOf(x: f32) -> f32 {
let b = clamp(x, -104.0, 90.0);
let n = round(b * 1.44269504);
let r = (b - n * 0.693359375) + n * 2.12194440e-4;
var q = 1.0 / 5040.0;
q = q * r + 1.0 / 720.0;
q = q * r + 1.0 / 120.0;
q = q * r + 1.0 / 24.0;
q = q * r + 1.0 / 6.0;
q = q * r + 0.5;
q = q * (r * r) + r + 1.0;
let half = i32(n) >> 1u;
return select(q * pow2(half) * pow2(i32(n) - half), x, isNan(x));
}`;

/**
 * log(1 + x) for x >= 0: 2 atanh(s) with s = (m - 1) / (m + 1) for 1 + x = 2^e m. Its relative error is small even near
 * 0.
 */
export const LOG1P = `fn log1pOf(x: f32) -> f32 {
var e = 0.0;
var s = x / (2.0 + x);
if (x > 1.0) {
let parts = frexp(1.0 + x);
let m = parts.fract * 1.41421356;
e = f32(parts.exp) - 0.5;
s = (m - 1.0) / (m + 1.0);
}
let z = s * s;
var q = 1.0 / 15.0;
q = q * z + 1.0 / 13.0;
q = q * z + 1.0 / 11.0;
q = q * z + 1.0 / 9.0;
q = q * z + 1.0 / 7.0;
q = q * z + 1.0 / 5.0;
q = q * z + 1.0 / 3.0;
return select(e * 0.693147181 + 2.0 * (s + s * z * q), x, isNan(x));
}`;

const RELU = `${IS_NAN}
fn f(z: f32) -> f32 {
return select(z, 0.0, z < 0.0 && !isNan(z));
}`;

/** tanh: below 0.625 an odd polynomial (Cephes' coefficients), above it 1 - 2 / (e^(2|x|) + 1). */
const TANH = `${EXP}
fn f(x: f32) -> f32 {
let z = x * x;
var q = -5.70498872745e-3;
q = q * z + 2.06390887954e-2;
q = q * z - 5.37397155531e-2;
q = q * z + 1.33314422036e-1;
q = q * z - 3.33332819422e-1;
let far = 1.0 - 2.0 / (expOf(2.0 * abs(x)) + 1.0);
return select(select(far, -far, x < 0.0), x + q * z * x, abs(x) < 0.625);
}`;

/** The normal distribution function, as in `assembly/math32.ts`. */
const NORMAL = `${EXP}
fn bell(x: f32) -> f32 {
return expOf(-0.5 * x * x);
}
fn normalCdf(x: f32, b: f32) -> f32 {
let t = 1.0 / (1.0 + abs(x) * 0.35);
var q = -0.029145684;
q = q * t + 0.14397047;
q = q * t - 0.25571164;
q = q * t + 0.1591711;
q = q * t - 0.023107663;
q = q * t + 0.10550705;
q = q * t + 0.11983312;
q = q * t + 0.13986184;
q = q * t + 0.1396214;
let tail = q * t * b;
return select(1.0 - tail, tail, x < 0.0);
}`;

export type Activation = "relu" | "tanh" | "gelu" | "linear";

/** `f(z)`: the activation. */
export const ACTIVATION: Readonly<Record<Activation, string>> = {
  relu: RELU,
  tanh: TANH,
  gelu: `${NORMAL}\nfn f(z: f32) -> f32 {\nreturn z * normalCdf(z, bell(z));\n}`,
  linear: "fn f(z: f32) -> f32 {\nreturn z;\n}",
};

/** `slope(v)`: the derivative, computed from the output for relu and tanh, and from the input for gelu. */
export const SLOPE: Readonly<Record<Activation, string>> = {
  relu: "fn slope(v: f32) -> f32 {\nreturn select(0.0, 1.0, v > 0.0);\n}",
  tanh: "fn slope(v: f32) -> f32 {\nreturn 1.0 - v * v;\n}",
  gelu: `${NORMAL}\nfn slope(v: f32) -> f32 {\nlet b = bell(v);\nreturn normalCdf(v, b) + v * b * 0.39894228;\n}`,
  linear: "fn slope(v: f32) -> f32 {\nreturn 1.0;\n}",
};

/**
 * `bend(v)`: the second derivative, of the same argument as `slope`. For large arguments gelu's is 0, not infinity
 * times 0.
 */
export const BEND: Readonly<Record<Activation, string>> = {
  relu: "fn bend(v: f32) -> f32 {\nreturn 0.0;\n}",
  tanh: "fn bend(v: f32) -> f32 {\nreturn -2.0 * v * (1.0 - v * v);\n}",
  gelu: `${NORMAL}\nfn bend(v: f32) -> f32 {\nlet d = bell(v) * 0.39894228;\nreturn 2.0 * d - v * (v * d);\n}`,
  linear: "fn bend(v: f32) -> f32 {\nreturn 0.0;\n}",
};
