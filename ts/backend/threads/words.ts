/**
 * Words in the memory that threads share, at the offsets in 32-bit words from where they meet. The first four are those of
 * `assembly/threads.ts`.
 */
export const WORDS = {
  generation: 0,
  aborted: 48,
  /** What to run: the number of threads that do, the first thread's list, its length, first step, count, trace, slots. */
  arguments: 64,
  /** A word for each thread, which changes when the thread has something to run; negative: the thread ends. */
  commands: 128,
  /** Number of all these words: there are at most 128 threads. */
  all: 256,
} as const;

/** What a thread is given. */
export interface ThreadData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly shared: number;
  readonly workspace: number;
  readonly thread: number;
  readonly recordBytes: number;
}

/** What a thread tells: that it can be given work, and, the first thread alone, that a run is done. */
export type ThreadMessage = "ready" | "done";
