import { bell, normalCdf, tanh } from "./math32";
import { loadPart, storePart } from "./partial";

export const RELU = 1;
export const TANH = 2;
export const GELU = 3;
export const LINEAR = 4;

const ROOT_TWO_PI_INVERSE: f32 = 0.39894228;

// @ts-ignore: decorator
@inline
function value(kind: i32, z: v128): v128 {
  // pmax(z, 0) is (z < 0 ? 0 : z): NaN stays NaN.
  if (kind == RELU) return f32x4.pmax(z, f32x4.splat(0));
  if (kind == TANH) return tanh(z);
  if (kind == GELU) return f32x4.mul(z, normalCdf(z, bell(z)));
  return z;
}

/** The derivative, computed from the output for relu and tanh, and from the input for gelu. */
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

/** The second derivative, computed from the output for relu and tanh, and from the input for gelu. */
// @ts-ignore: decorator
@inline
function bend(kind: i32, at: v128): v128 {
  if (kind == TANH) {
    const slopes = f32x4.sub(f32x4.splat(1), f32x4.mul(at, at));
    return f32x4.mul(f32x4.mul(f32x4.splat(-2), at), slopes);
  }
  if (kind == GELU) {
    // Not (2 - z^2) phi, because z^2 may be infinite where phi is 0.
    const density = f32x4.mul(bell(at), f32x4.splat(ROOT_TWO_PI_INVERSE));
    return f32x4.sub(f32x4.add(density, density), f32x4.mul(at, f32x4.mul(at, density)));
  }
  return f32x4.splat(0);
}

/** `into = f(from)`. Strides are in bytes. */
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
    if (kind == RELU) {
      for (; c + 4 <= cols; c += 4) {
        v128.store(q, value(RELU, v128.load(p)));
        p += 16;
        q += 16;
      }
    }
    for (; c < cols; c += 4) {
      const count = min(4, cols - c);
      storePart(q, count, value(kind, loadPart(p, count)));
      p += 16;
      q += 16;
    }
    from += fromStride;
    into += intoStride;
  }
}

/** `into *= f'(at)`. Strides are in bytes. */
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
    if (kind == RELU) {
      for (; c + 4 <= cols; c += 4) {
        v128.store(q, f32x4.mul(v128.load(q), slope(RELU, v128.load(p))));
        p += 16;
        q += 16;
      }
    }
    for (; c < cols; c += 4) {
      const count = min(4, cols - c);
      const slopes = slope(kind, loadPart(p, count));
      storePart(q, count, f32x4.mul(loadPart(q, count), slopes));
      p += 16;
      q += 16;
    }
    at += atStride;
    into += intoStride;
  }
}

/** `into += f''(at) * tangent * gradient`. Strides are in bytes. */
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
    for (let c = 0; c < cols; c += 4) {
      const count = min(4, cols - c);
      const i = (<usize>c) << 2;
      const both = f32x4.mul(loadPart(tangent + i, count), loadPart(gradient + i, count));
      const added = f32x4.mul(bend(kind, loadPart(at + i, count)), both);
      storePart(into + i, count, f32x4.add(loadPart(into + i, count), added));
    }
    at += atStride;
    tangent += tangentStride;
    gradient += gradientStride;
    into += intoStride;
  }
}
