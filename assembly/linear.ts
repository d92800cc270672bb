// The exact recursion of the linear model (`ts/theory/linear.ts`) for one input and one noise node. A vector holds two
// cells in float64 and four in float32. Cells differ in sigma and learning rate. They share the moments of each step,
// which are taken with unit noise. Sums and products have the same order as in `step` and `loss` there, so float64
// gives the same bits.

import { draw } from "./draw";

/** Moments of a step: <x x>, <x xi>, <xi xi>, <x r>, <xi r>, <r r>, with the residual r = y - slope x. */
const MOMENTS: usize = 6;

/**
 * Bytes of a block. A block holds the cells of one vector. Each of its numbers is such a vector: alpha, sigma, c = eta
 * alpha, slope; the state G11, G12, G22, v1, v2, s; and the results: largest and last loss, largest |v2|, number of
 * updates. If a cell diverges, it keeps the state after its last update, and the loss of that state counts too.
 */
const BLOCK: usize = 14 * 16;

/**
 * A larger loss counts as diverged. Losses grow as their cube there: this state is still finite, but later ones may not
 * be.
 */
// @ts-ignore: decorator
@inline
function diverged<T>(): T {
  return sizeof<T>() == 8 ? <T>1e100 : <T>1e12;
}

// @ts-ignore: decorator
@inline
function splatFrom<T>(from: usize): v128 {
  return sizeof<T>() == 8 ? v128.load64_splat(from) : v128.load32_splat(from);
}

// @ts-ignore: decorator
@inline
function allTrue<T>(mask: v128): bool {
  return sizeof<T>() == 8 ? i64x2.all_true(mask) : i32x4.all_true(mask);
}

/**
 * Computes the moments of `count` steps over `rows` samples. Step k uses the noise of epoch `first + k`, which is drawn
 * into `xi`. `x`, `y` and `xi` are float32. The sums are float64, in the order of the samples.
 */
export function linearMoments(
  kind: i32,
  seed: u32,
  stream: u32,
  first: u32,
  count: i32,
  x: usize,
  y: usize,
  xi: usize,
  rows: i32,
  slope: f64,
  out: usize,
): void {
  let xx: f64 = 0;
  let xy: f64 = 0;
  let yy: f64 = 0;
  for (let i = 0; i < rows; i++) {
    const at = <usize>i << 2;
    const a = <f64>load<f32>(x + at);
    const b = <f64>load<f32>(y + at) - slope * a;
    xx += a * a;
    xy += a * b;
    yy += b * b;
  }
  const n = <f64>rows;
  for (let k = 0; k < count; k++) {
    draw(kind, seed, stream, first + k, 0, rows, 1, xi);
    let xe: f64 = 0;
    let ee: f64 = 0;
    let ey: f64 = 0;
    for (let i = 0; i < rows; i++) {
      const at = <usize>i << 2;
      const a = <f64>load<f32>(x + at);
      const b = <f64>load<f32>(y + at) - slope * a;
      const e = <f64>load<f32>(xi + at);
      xe += a * e;
      ee += e * e;
      ey += e * b;
    }
    store<f64>(out, xx / n);
    store<f64>(out, xe / n, 8);
    store<f64>(out, ee / n, 16);
    store<f64>(out, xy / n, 24);
    store<f64>(out, ey / n, 32);
    store<f64>(out, yy / n, 40);
    out += MOMENTS * 8;
  }
}

/** Runs every block for `steps` steps. */
function stepsOf<T>(blocks: usize, count: i32, moments: usize, steps: i32): void {
  for (let i = 0; i < count; i++) {
    linearBlock<T>(blocks, moments, steps);
    blocks += BLOCK;
  }
}

export function linearSteps(blocks: usize, count: i32, moments: usize, steps: i32): void {
  stepsOf<f64>(blocks, count, moments, steps);
}

/** The same in float32, for cells and moments. */
export function linearSteps32(blocks: usize, count: i32, moments: usize, steps: i32): void {
  stepsOf<f32>(blocks, count, moments, steps);
}

function linearBlock<T>(block: usize, moments: usize, steps: i32): void {
  const alpha = v128.load(block);
  const sigma = v128.load(block, 16);
  const c = v128.load(block, 32);
  const slope = v128.load(block, 48);
  let g11 = v128.load(block, 64);
  let g12 = v128.load(block, 80);
  let g22 = v128.load(block, 96);
  let v1 = v128.load(block, 112);
  let v2 = v128.load(block, 128);
  let s = v128.load(block, 144);
  let lossMax = v128.load(block, 160);
  let lossLast = v128.load(block, 176);
  let effectiveMax = v128.load(block, 192);
  let made = v128.load(block, 208);

  const variance = v128.mul<T>(sigma, sigma);
  const size = sizeof<T>();
  const half = v128.splat<T>(<T>0.5);
  const one = v128.splat<T>(1);
  const limit = v128.splat<T>(diverged<T>());

  // A lane whose last loss was above the limit, or NaN, has ended and does not change any more.
  let running = v128.le<T>(lossLast, limit);
  if (!v128.any_true(running)) return;
  for (let k = 0; k < steps; k++) {
    const s11 = splatFrom<T>(moments);
    const s12 = v128.mul<T>(sigma, splatFrom<T>(moments + 1 * size));
    const s22 = v128.mul<T>(variance, splatFrom<T>(moments + 2 * size));
    const q1 = splatFrom<T>(moments + 3 * size);
    const q2 = v128.mul<T>(sigma, splatFrom<T>(moments + 4 * size));
    const rr = splatFrom<T>(moments + 5 * size);
    moments += MOMENTS * size;

    const d1 = v128.sub<T>(v128.mul<T>(alpha, v1), slope);
    const d2 = v128.mul<T>(alpha, v2);
    const e1 = v128.sub<T>(v128.add<T>(v128.mul<T>(s11, d1), v128.mul<T>(s12, d2)), q1);
    const e2 = v128.sub<T>(v128.add<T>(v128.mul<T>(s12, d1), v128.mul<T>(s22, d2)), q2);
    const loss = v128.mul<T>(half, v128.add<T>(v128.add<T>(v128.mul<T>(d1, v128.sub<T>(e1, q1)), v128.mul<T>(d2, v128.sub<T>(e2, q2))), rr));
    const size = v128.abs<T>(v2);

    const b1 = v128.mul<T>(c, e1);
    const b2 = v128.mul<T>(c, e2);
    const gb1 = v128.add<T>(v128.mul<T>(g11, b1), v128.mul<T>(g12, b2));
    const gb2 = v128.add<T>(v128.mul<T>(g12, b1), v128.mul<T>(g22, b2));
    const vb1 = v128.mul<T>(v1, b1);
    const vb2 = v128.mul<T>(v2, b2);
    const vb = v128.add<T>(vb1, vb2);
    const bGb = v128.add<T>(v128.mul<T>(b1, gb1), v128.mul<T>(b2, gb2));
    const rest = v128.sub<T>(s, vb);
    const n11 = v128.add<T>(v128.sub<T>(g11, v128.add<T>(vb1, vb1)), v128.mul<T>(s, v128.mul<T>(b1, b1)));
    const n12 = v128.add<T>(v128.sub<T>(g12, v128.add<T>(v128.mul<T>(v1, b2), v128.mul<T>(b1, v2))), v128.mul<T>(s, v128.mul<T>(b1, b2)));
    const n22 = v128.add<T>(v128.sub<T>(g22, v128.add<T>(vb2, vb2)), v128.mul<T>(s, v128.mul<T>(b2, b2)));
    const m1 = v128.sub<T>(v128.sub<T>(v1, gb1), v128.mul<T>(rest, b1));
    const m2 = v128.sub<T>(v128.sub<T>(v2, gb2), v128.mul<T>(rest, b2));
    const t = v128.add<T>(v128.sub<T>(s, v128.add<T>(vb, vb)), bGb);

    const alive = v128.and(running, v128.le<T>(loss, limit));
    if (allTrue<T>(alive)) {
      lossMax = v128.pmax<T>(lossMax, loss);
      lossLast = loss;
      effectiveMax = v128.pmax<T>(effectiveMax, size);
      made = v128.add<T>(made, one);
      g11 = n11;
      g12 = n12;
      g22 = n22;
      v1 = m1;
      v2 = m2;
      s = t;
    } else {
      // Selecting lanes costs three instructions on most hosts, so it is done only if lanes differ.
      lossMax = v128.bitselect(v128.pmax<T>(lossMax, loss), lossMax, running);
      lossLast = v128.bitselect(loss, lossLast, running);
      effectiveMax = v128.bitselect(v128.pmax<T>(effectiveMax, size), effectiveMax, running);
      made = v128.add<T>(made, v128.and(alive, one));
      g11 = v128.bitselect(n11, g11, alive);
      g12 = v128.bitselect(n12, g12, alive);
      g22 = v128.bitselect(n22, g22, alive);
      v1 = v128.bitselect(m1, v1, alive);
      v2 = v128.bitselect(m2, v2, alive);
      s = v128.bitselect(t, s, alive);
      running = alive;
      if (!v128.any_true(running)) break;
    }
  }

  v128.store(block, g11, 64);
  v128.store(block, g12, 80);
  v128.store(block, g22, 96);
  v128.store(block, v1, 112);
  v128.store(block, v2, 128);
  v128.store(block, s, 144);
  v128.store(block, lossMax, 160);
  v128.store(block, lossLast, 176);
  v128.store(block, effectiveMax, 192);
  v128.store(block, made, 208);
}
