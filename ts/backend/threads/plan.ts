import { type Program, replicasOf } from "../../program/ops.js";
import { type Arena, planArena, RECORD_BYTES } from "../arena.js";
import { encode } from "../encode.js";
import { type Turn, turnsOf } from "./barriers.js";
import type { Part, Tile } from "./parts.js";
import { WORDS } from "./words.js";

// Operations that only threads have (`assembly/threads.ts`).
const GATHER_PART = 13;
const BARRIER = 14;

/** A line of the processor's cache. */
const LINE = 64;

/** A list of operations as a number of threads run it. */
export interface ThreadList {
  /** Number of records in the list of each thread. */
  readonly length: number;
  /** For each replica, the address of the first thread's list. Those of the others follow. */
  readonly addresses: readonly number[];
  readonly turns: readonly Turn[];
}

/** The memory of a session on several threads: that of one thread, then what threads need. */
export interface ThreadPlan {
  readonly arena: Arena;
  /** Where threads meet and are told what to do (`words.ts`). */
  readonly shared: number;
  /** Each thread's workspace. */
  readonly workspaces: readonly number[];
  /** For each number of threads that may run them: the program's lists. */
  readonly lists: ReadonlyMap<number, ReadonlyMap<string, ThreadList>>;
  /** The first byte after all of this. */
  readonly end: number;
}

/** @param numbers the numbers of threads that may run a list. */
export function planThreads(
  program: Program,
  numbers: readonly number[],
  kernels: { readonly base: number; readonly workspaceBytes: number; readonly tile: Tile },
): ThreadPlan {
  const arena = planArena(program, kernels.base, kernels.workspaceBytes);
  let { end } = arena;
  const take = (bytes: number): number => {
    const address = Math.ceil(end / LINE) * LINE;
    end = address + bytes;
    return address;
  };
  const shared = take(Int32Array.BYTES_PER_ELEMENT * WORDS.all);
  const length = Math.max(...numbers);
  const workspaces = Array.from({ length }, () => take(kernels.workspaceBytes));
  const listsOf = (threads: number) =>
    new Map(
      Object.entries(program.lists).map(([name, { ops }]): [string, ThreadList] => {
        const turns = turnsOf(ops, threads, kernels.tile, program.buffers);
        const bytes = threads * turns.length * RECORD_BYTES;
        const addresses = Array.from({ length: replicasOf(program) }, () => take(bytes));
        return [name, { length: turns.length, addresses, turns }];
      }),
    );
  const lists = new Map(numbers.map((threads) => [threads, listsOf(threads)]));
  return { arena, shared, workspaces, lists, end };
}

/** Writes the records of all threads. Memory that is not written is zero, a record that does nothing. */
export function encodeThreads({ arena, lists }: ThreadPlan, view: DataView): void {
  for (const [threads, ofThreads] of lists) {
    for (const list of ofThreads.values()) {
      for (const replica of list.addresses.keys()) {
        for (let t = 0; t < threads; t++) encodeList(list, t, arena, replica, view);
      }
    }
  }
}

function encodeList(
  { turns, addresses, length }: ThreadList,
  thread: number,
  arena: Arena,
  replica: number,
  view: DataView,
): void {
  turns.forEach((turn, i) => {
    const at = addresses[replica] + (thread * length + i) * RECORD_BYTES;
    const part = turn === "barrier" ? turn : turn[thread];
    if (part === "barrier") view.setInt32(at, BARRIER, true);
    else if (part) encodePart(part, arena, replica, view, at);
  });
}

function encodePart(
  { op, gathered }: Part,
  arena: Arena,
  replica: number,
  view: DataView,
  at: number,
): void {
  encode(op, arena, replica, view, at);
  if (!gathered) return;
  const index = at + 4 * 3;
  view.setInt32(at, GATHER_PART, true);
  view.setInt32(index, view.getInt32(index, true) + 4 * gathered.first, true);
  view.setInt32(at + 4 * 10, gathered.rows, true);
}
