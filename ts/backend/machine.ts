import type { Program } from "../program/ops.js";

/**
 * The contract of a machine (backend). A machine runs programs. It is *not* responsible for randomness, data, networks,
 * noise, schedules, recording or progress. Its caller writes the buffers, asks for passes over a list of operations,
 * and reads the trace and the buffers back.
 */
export interface Machine {
  readonly name: "reference" | "wasm" | "webgpu";
  /** What exactly runs, for the record of a result: `float64`, `baseline` or `relaxed` kernels, or a GPU's name. */
  readonly flavour: string;
  /** For a GPU: the SHA-256 of its kernels' sources, and the features that decide which of them run. */
  readonly shaders?: string;
  /** Threads that share the work of a session; default 1. Their number changes no bit. */
  readonly threads?: number;
  /** Allocates all memory that the program needs; nothing grows while it runs. */
  open(program: Program): Promise<Session>;
}

/** What a caller writes to a buffer: any array of numbers, which is converted to the buffer's own type. */
export type Values = Float32Array | Float64Array | Uint8Array | Uint32Array;

export interface Session {
  /**
   * Copies `values` into a buffer, starting at element `offset`. Replicas follow one another, `[replicas, length]`.
   * Byte buffers are written four bytes at a time: `offset` and the number of bytes are multiples of 4, unless the
   * values reach the buffer's end.
   */
  write(buffer: string, values: Values, offset?: number): void;
  /** Returns a copy of a buffer's contents, of all replicas. float64 holds the floats of every machine exactly. */
  read(buffer: string): Promise<Float64Array>;
  /**
   * Runs `list` `count` times. Pass k has step number `first + k`, which `gather` uses to find its samples.
   * @returns the trace `[count, replicas, slots]`, row-major.
   */
  run(list: string, first: number, count: number): Promise<Float64Array>;
  /** What the machine changed by itself while the session ran, in words. It changed no bit. */
  readonly remark?: string;
  /** Frees everything. The session cannot be used afterwards. */
  dispose(): void;
}

/** Opens a session and writes its initial contents. If a write fails, the session is closed. */
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
