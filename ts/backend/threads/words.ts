/**
 * Words in the memory that threads share, at the offsets in 32-bit words from where they meet. The first four are those of
 * `assembly/threads.ts`.
 */
export const WORDS = {
  generation: 0,
  aborted: 48,
  /** Changes when there is something to run; negative: the thread ends. */
  command: 64,
  /** Then what to run: the first thread's list, its length, first step, count, trace, slots. */
  arguments: 80,
} as const;

/** What a thread is given. */
export interface ThreadData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly shared: number;
  readonly workspace: number;
  readonly thread: number;
  readonly threads: number;
  readonly recordBytes: number;
}

/** What a thread tells: that it can be given work, and, the first thread alone, that a run is done. */
export type ThreadMessage = "ready" | "done";
