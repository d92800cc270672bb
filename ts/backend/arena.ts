import {
  type BufferSpec,
  type BufferType,
  type Program,
  replicasOf,
  storedLength,
} from "../program/ops.js";

export const BYTES: Record<BufferType, number> = { float: 4, byte: 1, index: 4 };

/** Bytes of one operation's record (`assembly/run.ts`). */
export const RECORD_BYTES = 128;

/** Bytes of trace that are kept at a time. Longer runs are made in parts. */
const TRACE_BYTES = 1 << 20;

/** The addresses of everything in a session's memory. They are planned once, from the program. */
export interface Arena {
  readonly buffers: ReadonlyMap<string, { readonly address: number; readonly spec: BufferSpec }>;
  /** For each list, the addresses of its records: one for each replica. */
  readonly lists: ReadonlyMap<string, readonly number[]>;
  readonly trace: number;
  readonly traceBytes: number;
  readonly workspace: number;
  /** The first byte after all of this. */
  readonly end: number;
}

export function planArena(program: Program, base: number, workspaceBytes: number): Arena {
  let end = base;
  const take = (bytes: number): number => {
    const address = Math.ceil(end / 16) * 16;
    end = address + bytes;
    return address;
  };
  const replicas = replicasOf(program);
  const buffers = new Map(
    Object.entries(program.buffers).map(([name, spec]) => [
      name,
      { address: take(storedLength(spec, replicas) * BYTES[spec.type]), spec },
    ]),
  );
  const lists = new Map(
    Object.entries(program.lists).map(([name, { ops }]) => [
      name,
      Array.from({ length: replicas }, () => take(ops.length * RECORD_BYTES)),
    ]),
  );
  const row = Math.max(1, ...Object.values(program.lists).map(({ slots }) => slots)) * 8;
  const traceBytes = Math.max(row, TRACE_BYTES);
  const trace = take(traceBytes);
  const workspace = take(workspaceBytes);
  return { buffers, lists, trace, traceBytes, workspace, end };
}
