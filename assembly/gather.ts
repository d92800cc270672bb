/** Converts one row of bytes: `to[c] = scale * from[c] + shift`. */
function widenRow(from: usize, to: usize, cols: i32, scale: f32, shift: f32): void {
  const scales = f32x4.splat(scale);
  const shifts = f32x4.splat(shift);
  let c = 0;
  for (; c + 8 <= cols; c += 8) {
    const halves = v128.load_ext<u8>(from);
    const low = f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(halves));
    const high = f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(halves));
    v128.store(to, f32x4.add(f32x4.mul(low, scales), shifts));
    v128.store(to, f32x4.add(f32x4.mul(high, scales), shifts), 16);
    from += 8;
    to += 32;
  }
  for (; c < cols; c++) {
    store<f32>(to, <f32>load<u8>(from) * scale + shift);
    from++;
    to += 4;
  }
}

function scaleRow(from: usize, to: usize, cols: i32, scale: f32, shift: f32): void {
  const scales = f32x4.splat(scale);
  const shifts = f32x4.splat(shift);
  let c = 0;
  for (; c + 4 <= cols; c += 4) {
    v128.store(to, f32x4.add(f32x4.mul(v128.load(from), scales), shifts));
    from += 16;
    to += 16;
  }
  for (; c < cols; c++) {
    store<f32>(to, load<f32>(from) * scale + shift);
    from += 4;
    to += 4;
  }
}

/** `into[r] = scale * source[index[r]] + shift`. `stride` is in bytes. */
export function gather(
  source: usize,
  bytes: bool,
  index: usize,
  into: usize,
  stride: usize,
  rows: i32,
  cols: i32,
  scale: f32,
  shift: f32,
): void {
  if (cols == 1 && !bytes) {
    for (let r = rows; r > 0; r--) {
      store<f32>(into, load<f32>(source + (<usize>load<u32>(index) << 2)) * scale + shift);
      index += 4;
      into += stride;
    }
    return;
  }
  for (let r = 0; r < rows; r++) {
    const row = <usize>load<u32>(index) * <usize>cols;
    if (bytes) widenRow(source + row, into, cols, scale, shift);
    else scaleRow(source + (row << 2), into, cols, scale, shift);
    index += 4;
    into += stride;
  }
}
