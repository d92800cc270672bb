import { exp } from "./math32";
import { log } from "./math64";
import { loadPart, storePart } from "./partial";

const lanes = memory.data(16, 16);

/**
 * Softmax cross-entropy, summed over rows in float64, in their order. `gradient`, unless 0, is set to `softmax -
 * onehot` (it may be the logits themselves). Strides are in bytes. Labels are floats, the first one of each row.
 */
export function crossEntropy(
  logits: usize,
  stride: usize,
  labels: usize,
  labelStride: usize,
  gradient: usize,
  gradientStride: usize,
  rows: i32,
  cols: i32,
): f64 {
  let sum: f64 = 0;
  for (let r = 0; r < rows; r++) {
    const label = (<usize>load<f32>(labels)) << 2;
    const own = load<f32>(logits + label);
    const largest = rowMax(logits, cols);
    const total = expRow(logits, gradient, cols, largest);
    sum += log(total) + (<f64>largest - <f64>own);
    if (gradient) {
      scaleRow(gradient, cols, <f32>(1 / total));
      store<f32>(gradient + label, load<f32>(gradient + label) - 1);
      gradient += gradientStride;
    }
    logits += stride;
    labels += labelStride;
  }
  return sum;
}

/**
 * `into = p * (into - p.into)` with `p = softmax(logits)`, row by row; `p.into` is summed in float64. Strides are in
 * bytes.
 */
export function softmaxTangent(
  logits: usize,
  stride: usize,
  into: usize,
  intoStride: usize,
  rows: i32,
  cols: i32,
): void {
  for (let r = 0; r < rows; r++) {
    const shift = f32x4.splat(rowMax(logits, cols));
    let total: f64 = 0;
    let mean: f64 = 0;
    for (let c = 0; c < cols; c += 4) {
      const count = min(4, cols - c);
      expPart(logits + ((<usize>c) << 2), count, shift);
      for (let i = 0; i < count; i++) {
        const e = <f64>load<f32>(lanes + ((<usize>i) << 2));
        total += e;
        mean += e * <f64>load<f32>(into + ((<usize>(c + i)) << 2));
      }
    }
    mean /= total;
    for (let c = 0; c < cols; c += 4) {
      const count = min(4, cols - c);
      expPart(logits + ((<usize>c) << 2), count, shift);
      for (let i = 0; i < count; i++) {
        const p = <f64>load<f32>(lanes + ((<usize>i) << 2)) / total;
        const at = into + ((<usize>(c + i)) << 2);
        store<f32>(at, <f32>(p * (<f64>load<f32>(at) - mean)));
      }
    }
    logits += stride;
    into += intoStride;
  }
}

/** Stores `exp(z - shift)` of the `count` (1 to 4) floats at `from` in `lanes`. */
// @ts-ignore: decorator
@inline
function expPart(from: usize, count: i32, shift: v128): void {
  v128.store(lanes, exp(f32x4.sub(loadPart(from, count), shift)));
}

function rowMax(row: usize, cols: i32): f32 {
  let c = 0;
  let most = f32x4.splat(load<f32>(row));
  for (; c + 4 <= cols; c += 4) most = f32x4.pmax(most, v128.load(row + ((<usize>c) << 2)));
  for (; c < cols; c++) most = f32x4.pmax(most, v128.load32_splat(row + ((<usize>c) << 2)));
  most = f32x4.pmax(most, v128.shuffle<f32>(most, most, 2, 3, 0, 1));
  most = f32x4.pmax(most, v128.shuffle<f32>(most, most, 1, 0, 3, 2));
  return f32x4.extract_lane(most, 0);
}

/** `into = exp(row - largest)`, or nothing is stored if `into` is 0. Returns the sum in float64. */
function expRow(row: usize, into: usize, cols: i32, largest: f32): f64 {
  const shift = f32x4.splat(largest);
  let sums = f64x2.splat(0);
  for (let c = 0; c < cols; c += 4) {
    const count = min(4, cols - c);
    const inside = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
    const e = v128.and(exp(f32x4.sub(loadPart(row, count), shift)), inside);
    sums = f64x2.add(sums, f64x2.promote_low_f32x4(e));
    sums = f64x2.add(sums, f64x2.promote_low_f32x4(v128.shuffle<f32>(e, e, 2, 3, 0, 1)));
    if (into) {
      storePart(into, count, e);
      into += 16;
    }
    row += 16;
  }
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}

function scaleRow(row: usize, cols: i32, factor: f32): void {
  for (let c = 0; c < cols; c++) {
    store<f32>(row, load<f32>(row) * factor);
    row += 4;
  }
}

/**
 * Half the squared differences, summed in float64 in storage order. `gradient`, unless 0, is set to the differences.
 */
export function squaredError(
  outputs: usize,
  stride: usize,
  targets: usize,
  targetStride: usize,
  gradient: usize,
  gradientStride: usize,
  rows: i32,
  cols: i32,
): f64 {
  let sum: f64 = 0;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) {
      const at = (<usize>c) << 2;
      const difference = load<f32>(outputs + at) - load<f32>(targets + at);
      sum += <f64>difference * <f64>difference;
      if (gradient) store<f32>(gradient + at, difference);
    }
    outputs += stride;
    targets += targetStride;
    if (gradient) gradient += gradientStride;
  }
  return 0.5 * sum;
}

/** Number of rows whose largest logit (the first one if several are equal) is at the label. */
export function countCorrect(
  logits: usize,
  stride: usize,
  labels: usize,
  labelStride: usize,
  rows: i32,
  cols: i32,
): i32 {
  let correct = 0;
  for (let r = 0; r < rows; r++) {
    let best = 0;
    let largest = load<f32>(logits);
    for (let c = 1; c < cols; c++) {
      const z = load<f32>(logits + ((<usize>c) << 2));
      if (z > largest) {
        largest = z;
        best = c;
      }
    }
    if (best == <i32>load<f32>(labels)) correct++;
    logits += stride;
    labels += labelStride;
  }
  return correct;
}
