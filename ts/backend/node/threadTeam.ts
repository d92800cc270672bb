import { SHARE_ENV, Worker } from "node:worker_threads";
import { RunError } from "../../errors/errors.js";
import { RECORD_BYTES } from "../arena.js";
import { SOURCE, type ThreadData, WORDS } from "./threadSource.js";

/** Starts a thread. Tests give their own, to end it in mid-step. */
export type StartThread = (data: ThreadData) => Worker;

const startThread: StartThread = (workerData) =>
  // The caller's flags may load files that a thread has no use for.
  new Worker(SOURCE, { eval: true, workerData, execArgv: [], env: SHARE_ENV });

/** What the threads run: see `runPart` in `assembly/threads.ts`. */
export interface Command {
  readonly list: number;
  readonly length: number;
  readonly first: number;
  readonly count: number;
  readonly trace: number;
  readonly slots: number;
}

/** Threads that end. A new team waits for them, so that many short runs do not have more and more. */
const leaving = new Set<Promise<void>>();

/** Worker threads that run the same list of operations, each its parts of them. The calling thread waits without blocking. */
export class ThreadTeam {
  readonly #threads: readonly Worker[];
  readonly #words: Int32Array;
  #waiting: { resolve: () => void; reject: (error: Error) => void } | null = null;
  #failure: RunError | null = null;
  #ended = false;

  private constructor(threads: readonly Worker[], words: Int32Array) {
    this.#threads = threads;
    this.#words = words;
  }

  /** @throws RunError if a thread cannot be started. */
  static async start(
    data: Omit<ThreadData, "thread" | "threads" | "workspace" | "recordBytes">,
    workspaces: readonly number[],
    start: StartThread = startThread,
  ): Promise<ThreadTeam> {
    await Promise.all(leaving);
    const count = workspaces.length;
    const threads: Worker[] = [];
    const words = new Int32Array(data.memory.buffer, data.shared, 128);
    const team = new ThreadTeam(threads, words);
    try {
      const ready = workspaces.map((workspace, thread) => {
        const worker = start({
          ...data,
          workspace,
          thread,
          threads: count,
          recordBytes: RECORD_BYTES,
        });
        threads.push(worker);
        return team.#ready(worker, `thread ${thread + 1} of ${count}`);
      });
      await Promise.all(ready);
    } catch (error) {
      team.end();
      throw error instanceof RunError
        ? error
        : new RunError(`a thread could not be started: ${(error as Error).message}`);
    }
    for (const worker of threads) worker.unref();
    return team;
  }

  /** Runs a command on all threads. @throws RunError if one of them dies. */
  run({ list, length, first, count, trace, slots }: Command): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const [thread] = this.#threads;
      // A process with nothing else to do must not end meanwhile.
      thread.ref();
      const settled = (settle: () => void) => () => {
        this.#waiting = null;
        thread.unref();
        settle();
      };
      this.#waiting = {
        resolve: settled(resolve),
        reject: (error) => settled(() => reject(error))(),
      };
      this.#words.set([list, length, first, count, trace, slots], WORDS.arguments);
      const next = (this.#words[WORDS.command] + 1) & 0x7fffffff;
      Atomics.store(this.#words, WORDS.command, next);
      Atomics.notify(this.#words, WORDS.command);
    });
  }

  /** Ends the threads, even in mid-run. They leave by themselves, as soon as they next meet. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting?.reject(new Error("the session has been disposed of"));
    for (const worker of this.#threads) {
      // A thread that has ended has no number any more.
      if (worker.threadId < 0) continue;
      // The process waits for it, so that `start` can.
      worker.ref();
      const left = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
      leaving.add(left);
      left.then(() => leaving.delete(left));
    }
    Atomics.store(this.#words, WORDS.command, -1);
    Atomics.notify(this.#words, WORDS.command);
    this.#abort();
  }

  /** Watches a thread; settles when it is ready. */
  #ready(worker: Worker, name: string): Promise<void> {
    return new Promise((resolve, reject) => {
      let why: string | null = null;
      let ready = false;
      worker.on("message", (message) => {
        if (message === "done") this.#waiting?.resolve();
        else ready = true;
        resolve();
      });
      worker.on("error", (error) => {
        why = error instanceof Error ? error.message : String(error);
      });
      worker.on("exit", (code) => {
        if (this.#ended) return;
        why ??= `it ended with code ${code}`;
        const when = !ready ? "did not start" : this.#waiting ? "died in mid-run" : "died";
        this.#failure ??= new RunError(`${name} of the run ${when}: ${why}`);
        this.#abort();
        this.#waiting?.reject(this.#failure);
        reject(this.#failure);
      });
    });
  }

  /** Makes threads that wait for each other leave. */
  #abort(): void {
    Atomics.store(this.#words, WORDS.aborted, 1);
    Atomics.add(this.#words, WORDS.generation, 1);
    Atomics.notify(this.#words, WORDS.generation);
  }
}
