export * from "./index";

import { gather } from "./gather";
import { execute, RECORD, real, word } from "./run";
import { MR, NR } from "./tile";

// The kernels of a run on several threads. Each thread has an instance of this module over one shared memory, its own
// list of records, which holds its parts of the operations, and its own workspace. `ts/backend/threads` makes the lists.

/** Rows of a gather that are a part of the operation's: the words of a gather, then the rows of the whole in word 10. */
const GATHER_PART = 13;
/** All threads wait here for each other. */
const BARRIER = 14;

// Offsets in the memory that threads share to meet. Each word has a cache line of its own.
const GENERATION: usize = 0;
const ARRIVED: usize = 64;
const SLEEPERS: usize = 128;
const ABORTED: usize = 192;

/**
 * How often a thread looks for the others before it sleeps: at most for 160 to 200 microseconds, at least for about one.
 * Threads that share a step of a millisecond wait tens of microseconds for each other; to sleep and be woken takes longer than
 * that. Where other processes want the cores they wait for milliseconds, and to look costs time that they will miss.
 */
const MOST_SPINS: i32 = 400000;
const LEAST_SPINS: i32 = 2000;

/** How often this thread looks: twice as often after looks that sufficed, half as often after looks that did not. */
let spins: i32 = MOST_SPINS;

/** Rows of a register tile. Parts of products are multiples of it, so that no thread computes incomplete tiles. */
export function tileRows(): i32 {
  return MR;
}

/** Columns of a register tile. */
export function tileCols(): i32 {
  return NR;
}

/**
 * Like `run`, for one of `threads` threads that call it at the same time with their own lists and workspaces. Lists have
 * the same number of barriers. Returns false if the run was aborted.
 */
export function runPart(
  list: usize,
  length: i32,
  first: i32,
  count: i32,
  trace: usize,
  slots: i32,
  workspace: usize,
  shared: usize,
  threads: i32,
): bool {
  for (let k = 0; k < count; k++) {
    let at = list;
    for (let i = 0; i < length; i++) {
      const code = word(at, 0);
      if (code == BARRIER) {
        if (!meet(shared, threads)) return false;
      } else if (code == GATHER_PART) {
        gatherPart(at, first + k);
      } else {
        execute(at, first + k, trace, workspace);
      }
      at += RECORD;
    }
    trace += <usize>slots << 3;
  }
  return meet(shared, threads);
}

function gatherPart(r: usize, step: i32): void {
  const index = word(r, 3) + ((step * word(r, 10)) << 2);
  gather(word(r, 1), word(r, 2) != 0, index, word(r, 4), word(r, 5), word(r, 6), word(r, 7), real(r, 8), real(r, 9));
}

/**
 * Waits until all threads have called it: for a while by looking, then asleep. Returns false if the run was aborted,
 * which sets the word `ABORTED`, changes the generation and wakes all sleepers.
 */
function meet(shared: usize, threads: i32): bool {
  const generation = atomic.load<i32>(shared + GENERATION);
  if (atomic.add<i32>(shared + ARRIVED, 1) == threads - 1) {
    atomic.store<i32>(shared + ARRIVED, 0);
    atomic.add<i32>(shared + GENERATION, 1);
    // A thread counts itself as a sleeper before it looks at the generation for the last time.
    if (atomic.load<i32>(shared + SLEEPERS) > 0) atomic.notify(shared + GENERATION, threads);
  } else if (!seen(shared, generation)) {
    atomic.add<i32>(shared + SLEEPERS, 1);
    while (atomic.load<i32>(shared + GENERATION) == generation) {
      if (atomic.load<i32>(shared + ABORTED)) break;
      atomic.wait<i32>(shared + GENERATION, generation, -1);
    }
    atomic.sub<i32>(shared + SLEEPERS, 1);
  }
  return atomic.load<i32>(shared + ABORTED) == 0;
}

/** Whether the generation changed while this thread looked. */
function seen(shared: usize, generation: i32): bool {
  for (let i = 0; i < spins; i++) {
    if (atomic.load<i32>(shared + GENERATION) != generation) {
      spins = min(MOST_SPINS, 2 * spins);
      return true;
    }
  }
  spins = max(LEAST_SPINS, spins / 2);
  return false;
}
