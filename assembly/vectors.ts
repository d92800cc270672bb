/** The sum of products in float64: two lanes of partial sums over each row, in storage order. Strides are in bytes. */
export function dot(a: usize, aStride: usize, b: usize, bStride: usize, rows: i32, cols: i32): f64 {
  let lanes = f64x2.splat(0);
  let rest: f64 = 0;
  if (cols == 1) {
    // Weights of one noise node: nothing but the additions should take time.
    for (; rows > 0; rows--) {
      rest += <f64>load<f32>(a) * <f64>load<f32>(b);
      a += aStride;
      b += bStride;
    }
    return rest;
  }
  for (let r = 0; r < rows; r++) {
    let p = a;
    let q = b;
    let c = 0;
    for (; c + 2 <= cols; c += 2) {
      const x = f64x2.promote_low_f32x4(v128.load64_zero(p));
      const y = f64x2.promote_low_f32x4(v128.load64_zero(q));
      lanes = f64x2.add(lanes, f64x2.mul(x, y));
      p += 8;
      q += 8;
    }
    if (c < cols) rest += <f64>load<f32>(p) * <f64>load<f32>(q);
    a += aStride;
    b += bStride;
  }
  return f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1) + rest;
}

/** `into += factor * from`. Strides are in bytes. */
export function addScaled(
  from: usize,
  fromStride: usize,
  into: usize,
  intoStride: usize,
  rows: i32,
  cols: i32,
  factor: f32,
): void {
  const factors = f32x4.splat(factor);
  for (let r = 0; r < rows; r++) {
    let p = from;
    let q = into;
    let c = 0;
    for (; c + 4 <= cols; c += 4) {
      v128.store(q, f32x4.add(v128.load(q), f32x4.mul(v128.load(p), factors)));
      p += 16;
      q += 16;
    }
    for (; c < cols; c++) {
      store<f32>(q, load<f32>(q) + load<f32>(p) * factor);
      p += 4;
      q += 4;
    }
    from += fromStride;
    into += intoStride;
  }
}

/** `into *= by`. Strides are in bytes. */
export function multiply(by: usize, byStride: usize, into: usize, intoStride: usize, rows: i32, cols: i32): void {
  for (let r = 0; r < rows; r++) {
    let p = by;
    let q = into;
    let c = 0;
    for (; c + 4 <= cols; c += 4) {
      v128.store(q, f32x4.mul(v128.load(q), v128.load(p)));
      p += 16;
      q += 16;
    }
    for (; c < cols; c++) {
      store<f32>(q, load<f32>(q) * load<f32>(p));
      p += 4;
      q += 4;
    }
    by += byStride;
    into += intoStride;
  }
}
