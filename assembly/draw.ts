import { cos2pi, log, sin2pi } from "./math64";
import { philox } from "./philox";

// Draws are pure functions of their place: key (seed, stream), counter (node / 4, sample, epoch, 0), and of the
// four words of a counter the one (or the pair) that belongs to node mod 4.

const WORDS = 0;
const NORMAL = 1;
const UNIFORM = 2;
const RADEMACHER = 3;

const ROOT_3: f64 = 1.7320508075688772;
const UNIT: f64 = 2.3283064365386963e-10; // 2^-32

const words = memory.data(16, 16);

/** In (0, 1), symmetric about 1/2. */
// @ts-ignore: decorator
@inline
function unit(word: u32): f64 {
  return (<f64>word + 0.5) * UNIT;
}

function value(kind: i32, lane: i32): f32 {
  const own = load<u32>(words + (lane << 2));
  if (kind == UNIFORM) return <f32>(ROOT_3 * (2 * unit(own) - 1));
  if (kind == RADEMACHER) return own >> 31 ? 1 : -1;
  // Box and Muller: words 0 and 1 make nodes 0 and 1, words 2 and 3 nodes 2 and 3.
  const pair = words + ((lane & 2) << 2);
  const radius = Math.sqrt(-2 * log(unit(load<u32>(pair))));
  const turn = unit(load<u32>(pair, 4));
  return <f32>(radius * (lane & 1 ? sin2pi(turn) : cos2pi(turn)));
}

/** Fills `out` with `[samples, nodes]` draws (float32; uint32 words for kind 0) of samples `first` and on. */
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
  for (let i = 0; i < samples; i++) {
    for (let node = 0; node < nodes; node++) {
      if ((node & 3) == 0) philox(<u32>(node >> 2), first + i, epoch, 0, seed, stream, words);
      if (kind == WORDS) store<u32>(out, load<u32>(words + ((node & 3) << 2)));
      else store<f32>(out, value(kind, node & 3));
      out += 4;
    }
  }
}

/**
 * A permutation of 0 .. n - 1 (Fisher and Yates). Place i takes word i of the stream, scaled to 0 .. i by its
 * high bits: no place is preferred by more than n / 2^32.
 */
export function permutation(seed: u32, stream: u32, epoch: u32, n: i32, out: usize): void {
  for (let i = 0; i < n; i++) store<u32>(out + (<usize>i << 2), i);
  let block = -1;
  for (let i = n - 1; i > 0; i--) {
    if (i >> 2 != block) {
      block = i >> 2;
      philox(<u32>block, 0, epoch, 0, seed, stream, words);
    }
    const word = load<u32>(words + ((i & 3) << 2));
    const j = <i32>((<u64>word * <u64>(i + 1)) >> 32);
    const a = out + (<usize>i << 2);
    const b = out + (<usize>j << 2);
    const held = load<u32>(a);
    store<u32>(a, load<u32>(b));
    store<u32>(b, held);
  }
}
