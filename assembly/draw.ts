import { cosTurns, logs, sinTurns } from "./math64";
import { philox8 } from "./philox";

// Draws depend only on their position. The key is (seed, stream), the counter is (node / 4, sample, epoch, 0), and the
// node mod 4 selects a word (or a pair of words) of the counter's four. Eight samples are drawn at a time.

const WORDS = 0;
const NORMAL = 1;
const UNIFORM = 2;

const ROOT_3: f64 = 1.7320508075688772;
const UNIT: f64 = 2.3283064365386963e-10; // 2^-32

/**
 * The words of eight counters. For the first four counters: their first words, then the second, third and fourth ones;
 * then the same for the other four.
 */
const words = memory.data(128, 16);

/** The first two lanes as numbers in (0, 1), symmetric about 1/2. */
// @ts-ignore: decorator
@inline
function unit(word: v128): v128 {
  const shifted = f64x2.add(f64x2.convert_low_i32x4_u(word), f64x2.splat(0.5));
  return f64x2.mul(shifted, f64x2.splat(UNIT));
}

// @ts-ignore: decorator
@inline
function upper(word: v128): v128 {
  return v128.shuffle<u32>(word, word, 2, 3, 2, 3);
}

// @ts-ignore: decorator
@inline
function single(low: v128, high: v128): v128 {
  return v128.shuffle<u32>(
    f32x4.demote_f64x2_zero(low),
    f32x4.demote_f64x2_zero(high),
    0,
    1,
    4,
    5,
  );
}

// @ts-ignore: decorator
@inline
function uniform(word: v128): v128 {
  const scaled = f64x2.sub(f64x2.mul(f64x2.splat(2), unit(word)), f64x2.splat(1));
  return f64x2.mul(f64x2.splat(ROOT_3), scaled);
}

/** Box-Muller: words 0 and 1 give nodes 0 and 1, words 2 and 3 give nodes 2 and 3. */
// @ts-ignore: decorator
@inline
function normal(a: v128, b: v128, lane: i32): v128 {
  const radius = f64x2.sqrt(f64x2.mul(f64x2.splat(-2), logs(unit(a))));
  return f64x2.mul(radius, lane & 1 ? sinTurns(unit(b)) : cosTurns(unit(b)));
}

/** The draws of one node for four samples, computed from their words at `from`. */
function values(kind: i32, lane: i32, from: usize): v128 {
  const own = v128.load(from + (<usize>lane << 4));
  if (kind == WORDS) return own;
  if (kind == NORMAL) {
    const pair = from + (<usize>(lane & 2) << 4);
    const a = v128.load(pair);
    const b = v128.load(pair, 16);
    return single(normal(a, b, lane), normal(upper(a), upper(b), lane));
  }
  if (kind == UNIFORM) return single(uniform(own), uniform(upper(own)));
  // Rademacher: +1 if the first bit is set.
  return v128.bitselect(f32x4.splat(1), f32x4.splat(-1), i32x4.shr_s(own, 31));
}

/**
 * Fills `out` with `[samples, nodes]` draws, starting with sample `first`. They are float32, or uint32 words for kind
 * 0.
 */
export function draw(
  kind: i32,
  seed: u32,
  stream: u32,
  epoch: u32,
  first: u32,
  samples: i32,
  nodes: i32,
  out: usize,
): void {
  const stride = <usize>nodes << 2;
  const zero = i32x4.splat(0);
  const lanes = i32x4(0, 1, 2, 3);
  const epochs = i32x4.splat(epoch);
  for (let i = 0; i < samples; i += 8) {
    const sample = i32x4.add(i32x4.splat(first + i), lanes);
    const others = i32x4.add(sample, i32x4.splat(4));
    const row = out + <usize>i * stride;
    for (let node = 0; node < nodes; node++) {
      if ((node & 3) == 0) {
        const block = i32x4.splat(node >> 2);
        philox8(block, sample, epochs, zero, block, others, epochs, zero, seed, stream, words);
      }
      const at = row + (<usize>node << 2);
      put(at, stride, samples - i, values(kind, node & 3, words));
      put(at + 4 * stride, stride, samples - i - 4, values(kind, node & 3, words + 64));
    }
  }
}

/** Stores the first `count` of four numbers, `stride` bytes apart. */
// @ts-ignore: decorator
@inline
function put(at: usize, stride: usize, count: i32, four: v128): void {
  if (stride == 4 && count >= 4) {
    v128.store(at, four);
    return;
  }
  if (count > 0) store<f32>(at, f32x4.extract_lane(four, 0));
  if (count > 1) store<f32>(at + stride, f32x4.extract_lane(four, 1));
  if (count > 2) store<f32>(at + 2 * stride, f32x4.extract_lane(four, 2));
  if (count > 3) store<f32>(at + 3 * stride, f32x4.extract_lane(four, 3));
}

/**
 * A permutation of 0 .. n - 1 (Fisher and Yates). Place i uses word i of the stream, scaled to 0 .. i by its high bits.
 * The bias of any place is at most n / 2^32. The words are made thirty-two at a time.
 */
export function permutation(seed: u32, stream: u32, epoch: u32, n: i32, out: usize): void {
  for (let i = 0; i < n; i++) store<u32>(out + (<usize>i << 2), i);
  const zero = i32x4.splat(0);
  const epochs = i32x4.splat(epoch);
  let made = -1;
  for (let i = n - 1; i > 0; i--) {
    if (i >> 5 != made) {
      made = i >> 5;
      const blocks = i32x4.add(i32x4.splat(made << 3), i32x4(0, 1, 2, 3));
      const others = i32x4.add(blocks, i32x4.splat(4));
      philox8(blocks, zero, epochs, zero, others, zero, epochs, zero, seed, stream, words);
    }
    const word = load<u32>(words + (<usize>(i & 16) << 2) + (<usize>(i & 3) << 4) + (<usize>((i >> 2) & 3) << 2));
    const j = <i32>((<u64>word * <u64>(i + 1)) >> 32);
    const a = out + (<usize>i << 2);
    const b = out + (<usize>j << 2);
    const held = load<u32>(a);
    store<u32>(a, load<u32>(b));
    store<u32>(b, held);
  }
}
