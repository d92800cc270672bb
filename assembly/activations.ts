import { bell, normalCdf, tanh } from "./math32";

export const RELU = 1;
export const TANH = 2;
export const GELU = 3;
export const LINEAR = 4;

const ROOT_TWO_PI_INVERSE: f32 = 0.39894228;

const lanes = memory.data(16, 16);

// @ts-ignore: decorator
@inline
function value(kind: i32, z: v128): v128 {
  // pmax(z, 0) is (z < 0 ? 0 : z): NaN stays NaN.
  if (kind == RELU) return f32x4.pmax(z, f32x4.splat(0));
  if (kind == TANH) return tanh(z);
  if (kind == GELU) return f32x4.mul(z, normalCdf(z, bell(z)));
  return z;
}

/** The derivative, from the output for relu and tanh, from the input for gelu. */
// @ts-ignore: decorator
@inline
function slope(kind: i32, at: v128): v128 {
  if (kind == RELU) return v128.and(f32x4.gt(at, f32x4.splat(0)), f32x4.splat(1));
  if (kind == TANH) return f32x4.sub(f32x4.splat(1), f32x4.mul(at, at));
  if (kind == GELU) {
    const density = bell(at);
    const linear = f32x4.mul(f32x4.mul(at, density), f32x4.splat(ROOT_TWO_PI_INVERSE));
    return f32x4.add(normalCdf(at, density), linear);
  }
  return f32x4.splat(1);
}

/** The second derivative, from the output for relu and tanh, from the input for gelu. */
// @ts-ignore: decorator
@inline
function bend(kind: i32, at: v128): v128 {
  if (kind == TANH) {
    const slopes = f32x4.sub(f32x4.splat(1), f32x4.mul(at, at));
    return f32x4.mul(f32x4.mul(f32x4.splat(-2), at), slopes);
  }
  if (kind == GELU) {
    // Not (2 - z^2) phi: z^2 may be infinite where phi is 0.
    const density = f32x4.mul(bell(at), f32x4.splat(ROOT_TWO_PI_INVERSE));
    return f32x4.sub(f32x4.add(density, density), f32x4.mul(at, f32x4.mul(at, density)));
  }
  return f32x4.splat(0);
}

/** The first `count` (1 to 3) floats at `from`, the rest 0. */
// @ts-ignore: decorator
@inline
function part(from: usize, count: i32): v128 {
  v128.store(lanes, f32x4.splat(0));
  memory.copy(lanes, from, count << 2);
  return v128.load(lanes);
}

// @ts-ignore: decorator
@inline
function storePart(to: usize, count: i32, values: v128): void {
  v128.store(lanes, values);
  memory.copy(to, lanes, count << 2);
}

/** `into = f(from)`; strides in bytes. */
export function activate(
  kind: i32,
  from: usize,
  fromStride: usize,
  into: usize,
  intoStride: usize,
  rows: i32,
  cols: i32,
): void {
  for (let r = 0; r < rows; r++) {
    let p = from;
    let q = into;
    let c = 0;
    for (; c + 4 <= cols; c += 4) {
      v128.store(q, value(kind, v128.load(p)));
      p += 16;
      q += 16;
    }
    if (c < cols) storePart(q, cols - c, value(kind, part(p, cols - c)));
    from += fromStride;
    into += intoStride;
  }
}

/** `into *= f'(at)`; strides in bytes. */
export function activationGradient(
  kind: i32,
  at: usize,
  atStride: usize,
  into: usize,
  intoStride: usize,
  rows: i32,
  cols: i32,
): void {
  for (let r = 0; r < rows; r++) {
    let p = at;
    let q = into;
    let c = 0;
    for (; c + 4 <= cols; c += 4) {
      v128.store(q, f32x4.mul(v128.load(q), slope(kind, v128.load(p))));
      p += 16;
      q += 16;
    }
    if (c < cols) {
      const rest = cols - c;
      const slopes = slope(kind, part(p, rest));
      storePart(q, rest, f32x4.mul(part(q, rest), slopes));
    }
    at += atStride;
    into += intoStride;
  }
}

/** `into += f''(at) * tangent * gradient`; strides in bytes. */
export function activationCurvature(
  kind: i32,
  at: usize,
  atStride: usize,
  tangent: usize,
  tangentStride: usize,
  gradient: usize,
  gradientStride: usize,
  into: usize,
  intoStride: usize,
  rows: i32,
  cols: i32,
): void {
  for (let r = 0; r < rows; r++) {
    let c = 0;
    for (; c + 4 <= cols; c += 4) {
      const i = (<usize>c) << 2;
      const both = f32x4.mul(v128.load(tangent + i), v128.load(gradient + i));
      const added = f32x4.mul(bend(kind, v128.load(at + i)), both);
      v128.store(into + i, f32x4.add(v128.load(into + i), added));
    }
    if (c < cols) {
      const rest = cols - c;
      const i = (<usize>c) << 2;
      const both = f32x4.mul(part(tangent + i, rest), part(gradient + i, rest));
      const added = f32x4.mul(bend(kind, part(at + i, rest)), both);
      storePart(into + i, rest, f32x4.add(part(into + i, rest), added));
    }
    at += atStride;
    tangent += tangentStride;
    gradient += gradientStride;
    into += intoStride;
  }
}
