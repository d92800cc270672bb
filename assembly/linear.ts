// The linear model's exact recursion (`ts/theory/linear.ts`) for one input and one noise node, two cells to a
// vector. Cells differ in sigma and learning rate and share the moments of each step, taken with unit noise.
// Sums and products are in the order of `step` and `loss` there, so both give the same bits.

/** Moments of a step: <x x>, <x xi>, <xi xi>, <x r>, <xi r>, <r r>, with the residual r = y - slope x. */
const MOMENTS: usize = 6 * 8;

/**
 * A block is two cells; its numbers, each an f64x2:
 * alpha, sigma, c = eta alpha, slope, then the state G11, G12, G22, v1, v2, s, then what is kept of the run:
 * largest and last loss, largest |v2| and G22, number of updates made. A cell that diverges keeps the state, and
 * counts the loss, that its last update led to.
 */
const BLOCK: usize = 15 * 16;

/**
 * Beyond this a loss counts as diverged. A loss grows as its cube there: the state is still finite, what follows
 * need not be.
 */
const DIVERGED: f64 = 1e100;

// @ts-ignore: decorator
@inline
function add(a: v128, b: v128): v128 {
  return f64x2.add(a, b);
}

// @ts-ignore: decorator
@inline
function sub(a: v128, b: v128): v128 {
  return f64x2.sub(a, b);
}

// @ts-ignore: decorator
@inline
function mul(a: v128, b: v128): v128 {
  return f64x2.mul(a, b);
}

/** Moments of one step over `rows` samples; `x`, `y`, `xi` are float32, sums float64 in order of the samples. */
export function linearMoments(x: usize, y: usize, xi: usize, rows: i32, slope: f64, out: usize): void {
  let xx: f64 = 0;
  let xn: f64 = 0;
  let nn: f64 = 0;
  let xy: f64 = 0;
  let ny: f64 = 0;
  let yy: f64 = 0;
  for (let i = 0; i < rows; i++) {
    const at = <usize>i << 2;
    const a = <f64>load<f32>(x + at);
    const b = <f64>load<f32>(y + at) - slope * a;
    const n = <f64>load<f32>(xi + at);
    xx += a * a;
    xn += a * n;
    nn += n * n;
    xy += a * b;
    ny += n * b;
    yy += b * b;
  }
  const count = <f64>rows;
  store<f64>(out, xx / count);
  store<f64>(out, xn / count, 8);
  store<f64>(out, nn / count, 16);
  store<f64>(out, xy / count, 24);
  store<f64>(out, ny / count, 32);
  store<f64>(out, yy / count, 40);
}

/** Takes every block through `steps` steps. */
export function linearSteps(blocks: usize, count: i32, moments: usize, steps: i32): void {
  for (let i = 0; i < count; i++) {
    linearBlock(blocks, moments, steps);
    blocks += BLOCK;
  }
}

function linearBlock(block: usize, moments: usize, steps: i32): void {
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
  let normMax = v128.load(block, 208);
  let made = v128.load(block, 224);

  const variance = mul(sigma, sigma);
  const half = f64x2.splat(0.5);
  const one = f64x2.splat(1);
  const limit = f64x2.splat(DIVERGED);

  for (let k = 0; k < steps; k++) {
    // A lane whose last loss was beyond the limit, or no number, has ended and changes no more.
    const running = f64x2.le(lossLast, limit);
    if (!v128.any_true(running)) break;

    const s11 = v128.load64_splat(moments);
    const s12 = mul(sigma, v128.load64_splat(moments, 8));
    const s22 = mul(variance, v128.load64_splat(moments, 16));
    const q1 = v128.load64_splat(moments, 24);
    const q2 = mul(sigma, v128.load64_splat(moments, 32));
    const rr = v128.load64_splat(moments, 40);
    moments += MOMENTS;

    const d1 = sub(mul(alpha, v1), slope);
    const d2 = mul(alpha, v2);
    const e1 = sub(add(mul(s11, d1), mul(s12, d2)), q1);
    const e2 = sub(add(mul(s12, d1), mul(s22, d2)), q2);
    const loss = mul(half, add(add(mul(d1, sub(e1, q1)), mul(d2, sub(e2, q2))), rr));
    const size = f64x2.abs(v2);

    const b1 = mul(c, e1);
    const b2 = mul(c, e2);
    const gb1 = add(mul(g11, b1), mul(g12, b2));
    const gb2 = add(mul(g12, b1), mul(g22, b2));
    const vb1 = mul(v1, b1);
    const vb2 = mul(v2, b2);
    const vb = add(vb1, vb2);
    const bGb = add(mul(b1, gb1), mul(b2, gb2));
    const rest = sub(s, vb);
    const n11 = add(sub(g11, add(vb1, vb1)), mul(s, mul(b1, b1)));
    const n12 = add(sub(g12, add(mul(v1, b2), mul(b1, v2))), mul(s, mul(b1, b2)));
    const n22 = add(sub(g22, add(vb2, vb2)), mul(s, mul(b2, b2)));
    const m1 = sub(sub(v1, gb1), mul(rest, b1));
    const m2 = sub(sub(v2, gb2), mul(rest, b2));
    const t = add(sub(s, add(vb, vb)), bGb);

    const alive = v128.and(running, f64x2.le(loss, limit));
    if (i64x2.all_true(alive)) {
      lossMax = f64x2.pmax(lossMax, loss);
      lossLast = loss;
      effectiveMax = f64x2.pmax(effectiveMax, size);
      normMax = f64x2.pmax(normMax, g22);
      made = add(made, one);
      g11 = n11;
      g12 = n12;
      g22 = n22;
      v1 = m1;
      v2 = m2;
      s = t;
    } else {
      // Selecting lanes costs three instructions each on most hosts: only where lanes differ.
      lossMax = v128.bitselect(f64x2.pmax(lossMax, loss), lossMax, running);
      lossLast = v128.bitselect(loss, lossLast, running);
      effectiveMax = v128.bitselect(f64x2.pmax(effectiveMax, size), effectiveMax, running);
      normMax = v128.bitselect(f64x2.pmax(normMax, g22), normMax, running);
      made = add(made, v128.and(alive, one));
      g11 = v128.bitselect(n11, g11, alive);
      g12 = v128.bitselect(n12, g12, alive);
      g22 = v128.bitselect(n22, g22, alive);
      v1 = v128.bitselect(m1, v1, alive);
      v2 = v128.bitselect(m2, v2, alive);
      s = v128.bitselect(t, s, alive);
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
  v128.store(block, normMax, 208);
  v128.store(block, made, 224);
}
