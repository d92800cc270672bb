/**
 * Packs `count` rows of `depth` numbers into panels of `width` rows, with `out[k * width + i]` in each. The last panel
 * is padded with zeros. Element (i, k) is at `from + i * rowStep + k * step` (bytes), and one of the steps is 4: the
 * rows are those of a matrix or of its transpose.
 */
// @ts-ignore: decorator
@inline
export function pack(
  from: usize,
  rowStep: usize,
  step: usize,
  count: i32,
  depth: i32,
  width: i32,
  out: usize,
): void {
  const outStep = <usize>width << 2;
  const panel = <usize>depth * outStep;
  for (let i = 0; i < count; i += width) {
    const rows = min(width, count - i);
    if (rows < width) memory.fill(out, 0, panel);
    else if (rowStep == 4 && width > 4) {
      packPanel(from, step, depth, width, out);
      from += outStep;
      out += panel;
      continue;
    }
    let row = from;
    let to = out;
    let left = rows;
    for (; left >= 4; left -= 4) {
      if (step == 4) packFour(row, rowStep, depth, to, outStep);
      else packColumns(row, step, depth, to, outStep);
      row += 4 * rowStep;
      to += 16;
    }
    if (left >= 2) {
      if (step == 4) packTwo(row, rowStep, depth, to, outStep);
      else packTwoColumns(row, step, depth, to, outStep);
      row += 2 * rowStep;
      to += 8;
      left -= 2;
    }
    if (left) packOne(row, step, depth, to, outStep);
    from += <usize>width * rowStep;
    out += panel;
  }
}

/** Packs a whole panel whose rows are neighbours in memory for each k: one visit to each line of a distant row. */
// @ts-ignore: decorator
@inline
function packPanel(from: usize, step: usize, depth: i32, width: i32, out: usize): void {
  for (let k = depth; k > 0; k--) {
    v128.store(out, v128.load(from));
    if (width >= 8) v128.store(out, v128.load(from, 16), 16);
    if (width >= 16) {
      v128.store(out, v128.load(from, 32), 32);
      v128.store(out, v128.load(from, 48), 48);
    }
    if (width == 6) store<u64>(out, load<u64>(from, 16), 16);
    if (width == 5) store<f32>(out, load<f32>(from, 16), 16);
    from += step;
    out += <usize>width << 2;
  }
}

/** Packs four rows whose numbers are neighbours in memory for each k. */
function packColumns(from: usize, step: usize, depth: i32, out: usize, outStep: usize): void {
  for (let k = depth; k > 0; k--) {
    v128.store(out, v128.load(from));
    from += step;
    out += outStep;
  }
}

function packTwoColumns(from: usize, step: usize, depth: i32, out: usize, outStep: usize): void {
  for (let k = depth; k > 0; k--) {
    store<u64>(out, load<u64>(from));
    from += step;
    out += outStep;
  }
}

/** Packs four rows that are contiguous along k: blocks of 4 x 4 are transposed in registers. */
function packFour(from: usize, rowStep: usize, depth: i32, out: usize, outStep: usize): void {
  let r0 = from;
  let r1 = r0 + rowStep;
  let r2 = r1 + rowStep;
  let r3 = r2 + rowStep;
  let k = depth;
  for (; k >= 4; k -= 4) {
    const x0 = v128.load(r0);
    const x1 = v128.load(r1);
    const x2 = v128.load(r2);
    const x3 = v128.load(r3);
    const low01 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
    const low23 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
    const high23 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
    v128.store(out, v128.shuffle<f64>(low01, low23, 0, 2));
    out += outStep;
    v128.store(out, v128.shuffle<f64>(low01, low23, 1, 3));
    out += outStep;
    v128.store(out, v128.shuffle<f64>(high01, high23, 0, 2));
    out += outStep;
    v128.store(out, v128.shuffle<f64>(high01, high23, 1, 3));
    out += outStep;
    r0 += 16;
    r1 += 16;
    r2 += 16;
    r3 += 16;
  }
  for (; k > 0; k--) {
    store<f32>(out, load<f32>(r0));
    store<f32>(out, load<f32>(r1), 4);
    store<f32>(out, load<f32>(r2), 8);
    store<f32>(out, load<f32>(r3), 12);
    out += outStep;
    r0 += 4;
    r1 += 4;
    r2 += 4;
    r3 += 4;
  }
}

/** Packs two rows that are contiguous along k. */
function packTwo(from: usize, rowStep: usize, depth: i32, out: usize, outStep: usize): void {
  let k = depth;
  for (; k >= 4; k -= 4) {
    const x0 = v128.load(from);
    const x1 = v128.load(from + rowStep);
    const low = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5);
    const high = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
    v128.store64_lane(out, low, 0);
    out += outStep;
    v128.store64_lane(out, low, 1);
    out += outStep;
    v128.store64_lane(out, high, 0);
    out += outStep;
    v128.store64_lane(out, high, 1);
    out += outStep;
    from += 16;
  }
  for (; k > 0; k--) {
    store<f32>(out, load<f32>(from));
    store<f32>(out, load<f32>(from + rowStep), 4);
    from += 4;
    out += outStep;
  }
}

/** Packs one row. */
export function packOne(from: usize, step: usize, depth: i32, out: usize, outStep: usize): void {
  for (let k = depth; k > 0; k--) {
    store<f32>(out, load<f32>(from));
    from += step;
    out += outStep;
  }
}
