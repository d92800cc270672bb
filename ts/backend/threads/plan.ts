import { type Program, replicasOf } from "../../program/ops.js";
import { type Arena, planArena, RECORD_BYTES } from "../arena.js";
import { encode } from "../encode.js";
import { type Turn, turnsOf } from "./barriers.js";
import type { Part, Tile } from "./parts.js";

// Operations that only threads have (`assembly/threads.ts`).
const GATHER_PART = 13;
const BARRIER = 14;

/** Bytes in which threads meet (`assembly/threads.ts`) and are told what to do (`words.ts`). */
export const SHARED_BYTES = 512;
/** A line of the processor's cache. */
const LINE = 64;

/** A list of operations as the threads run it. */
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
  /** Where threads meet. */
  readonly shared: number;
  /** Each thread's workspace. */
  readonly workspaces: readonly number[];
  readonly lists: ReadonlyMap<string, ThreadList>;
  /** The first byte after all of this. */
  readonly end: number;
}

export function planThreads(
  program: Program,
  threads: number,
  kernels: { readonly base: number; readonly workspaceBytes: number; readonly tile: Tile },
): ThreadPlan {
  const arena = planArena(program, kernels.base, kernels.workspaceBytes);
  let { end } = arena;
  const take = (bytes: number): number => {
    const address = Math.ceil(end / LINE) * LINE;
    end = address + bytes;
    return address;
  };
  const shared = take(SHARED_BYTES);
  const workspaces = Array.from({ length: threads }, () => take(kernels.workspaceBytes));
  const lists = new Map(
    Object.entries(program.lists).map(([name, { ops }]): [string, ThreadList] => {
      const turns = turnsOf(ops, threads, kernels.tile, program.buffers);
      const bytes = threads * turns.length * RECORD_BYTES;
      const addresses = Array.from({ length: replicasOf(program) }, () => take(bytes));
      return [name, { length: turns.length, addresses, turns }];
    }),
  );
  return { arena, shared, workspaces, lists, end };
}

/** Writes the records of all threads. Memory that is not written is zero, a record that does nothing. */
export function encodeThreads({ arena, lists }: ThreadPlan, threads: number, view: DataView): void {
  for (const { turns, addresses, length } of lists.values()) {
    for (const [replica, address] of addresses.entries()) {
      for (let t = 0; t < threads; t++) {
        turns.forEach((turn, i) => {
          const at = address + (t * length + i) * RECORD_BYTES;
          const part = turn === "barrier" ? turn : turn[t];
          if (part === "barrier") view.setInt32(at, BARRIER, true);
          else if (part) encodePart(part, arena, replica, view, at);
        });
      }
    }
  }
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
