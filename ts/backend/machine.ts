import type { Program } from "../program/ops.js";

/**
 * The contract of a machine (backend). A machine runs programs. It is *not* responsible for randomness, data,
 * networks, noise, schedules, recording or progress: whoever runs it writes buffers, asks for passes over a
 * list of operations, and reads the trace and the buffers back.
 */
export interface Machine {
  readonly name: "reference" | "wasm" | "webgpu";
  /** What runs exactly, for the record of a result: `float64`, `baseline` or `relaxed` kernels, a GPU's name. */
  readonly flavour: string;
  /** Of a GPU: the SHA-256 of its kernels' sources, and what decides which of them run. */
  readonly shaders?: string;
  /** Allocates everything the program needs; nothing grows while it runs. */
  open(program: Program): Promise<Session>;
}

/** What a caller hands to a buffer: any number array, converted to the buffer's own type. */
export type Values = Float32Array | Float64Array | Uint8Array | Uint32Array;

export interface Session {
  /**
   * Copies `values` into a buffer from `offset` (elements) on. Replicas stand one after another, `[replicas, length]`.
   * Bytes are written by fours: from a multiple of 4, and so many, unless they reach the buffer's end.
   */
  write(buffer: string, values: Values, offset?: number): void;
  /** A copy of a buffer's contents, all replicas': float64 numbers hold any machine's floats exactly. */
  read(buffer: string): Promise<Float64Array>;
  /**
   * Runs `list` `count` times; pass k of them has step number `first + k`, which is what `gather` counts by.
   * Returns the trace `[count, replicas, slots]`, row-major.
   */
  run(list: string, first: number, count: number): Promise<Float64Array>;
  /** Lets go of everything. The session is of no use afterwards. */
  dispose(): void;
}

/** Opens a session and writes what it begins with; a write that fails does not leave it open. */
export async function openFilled(
  machine: Machine,
  program: Program,
  fill: (session: Session) => void,
): Promise<Session> {
  const session = await machine.open(program);
  try {
    fill(session);
    return session;
  } catch (error) {
    session.dispose();
    throw error;
  }
}
