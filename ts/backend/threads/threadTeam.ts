import { RunError } from "../../errors/errors.js";
import { RECORD_BYTES } from "../arena.js";
import { type ThreadData, type ThreadMessage, WORDS } from "./words.js";

/** A thread of the host's: of Node, or a page's worker. */
export interface HostThread {
  /** Passes on what the thread tells, and why it ended. */
  listen(heard: (message: ThreadMessage) => void, ended: (why: string) => void): void;
  /** Says whether the process must not end before the thread does, where it could. */
  hold(held: boolean): void;
  /** Settles when the thread has left, which it has been told to do; the process waits for it. */
  left(): Promise<void>;
}

export type StartHostThread = (data: ThreadData) => HostThread;

/** What the threads run: see `runPart` in `assembly/threads.ts`. */
export interface Command {
  /** The first so many threads run it; the others sleep. */
  readonly threads: number;
  readonly list: number;
  readonly length: number;
  readonly first: number;
  readonly count: number;
  readonly trace: number;
  readonly slots: number;
}

/** Threads that end. A new team waits for them, so that many short runs do not have more and more. */
const leaving = new Set<Promise<void>>();

/** Threads that run the same list of operations, each its parts of them. The calling thread waits without blocking. */
export class ThreadTeam {
  readonly #threads: readonly HostThread[];
  readonly #words: Int32Array;
  #waiting: { resolve: () => void; reject: (error: Error) => void } | null = null;
  #failure: RunError | null = null;
  #ended = false;

  private constructor(threads: readonly HostThread[], words: Int32Array) {
    this.#threads = threads;
    this.#words = words;
  }

  /** @throws RunError if a thread cannot be started. */
  static async start(
    data: Omit<ThreadData, "thread" | "workspace" | "recordBytes">,
    workspaces: readonly number[],
    start: StartHostThread,
  ): Promise<ThreadTeam> {
    await Promise.all(leaving);
    const count = workspaces.length;
    const threads: HostThread[] = [];
    const words = new Int32Array(data.memory.buffer, data.shared, WORDS.all);
    const team = new ThreadTeam(threads, words);
    try {
      const ready = workspaces.map((workspace, thread) => {
        const own = { workspace, thread, recordBytes: RECORD_BYTES };
        const started = start({ ...data, ...own });
        threads.push(started);
        return team.#ready(started, `thread ${thread + 1} of ${count}`);
      });
      await Promise.all(ready);
    } catch (error) {
      team.end();
      throw error instanceof RunError
        ? error
        : new RunError(`a thread could not be started: ${(error as Error).message}`);
    }
    for (const thread of threads) thread.hold(false);
    return team;
  }

  /** Runs a command. @throws RunError if one of them dies. */
  run({ threads, list, length, first, count, trace, slots }: Command): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const [thread] = this.#threads;
      // A process with nothing else to do must not end meanwhile.
      thread.hold(true);
      const settled = (settle: () => void) => () => {
        this.#waiting = null;
        thread.hold(false);
        settle();
      };
      this.#waiting = {
        resolve: settled(resolve),
        reject: (error) => settled(() => reject(error))(),
      };
      this.#words.set([threads, list, length, first, count, trace, slots], WORDS.arguments);
      for (let t = 0; t < threads; t++) this.#tell(t, (was) => (was + 1) & 0x7fffffff);
    });
  }

  /** Ends the threads, even in mid-run. They leave by themselves, as soon as they next meet. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting?.reject(new Error("the session has been disposed of"));
    for (const thread of this.#threads) {
      const left = thread.left();
      leaving.add(left);
      left.then(() => leaving.delete(left));
    }
    for (const t of this.#threads.keys()) this.#tell(t, () => -1);
    this.#abort();
  }

  #tell(thread: number, command: (was: number) => number): void {
    const at = WORDS.commands + thread;
    Atomics.store(this.#words, at, command(this.#words[at]));
    Atomics.notify(this.#words, at);
  }

  /** Watches a thread; settles when it is ready. */
  #ready(thread: HostThread, name: string): Promise<void> {
    return new Promise((resolve, reject) => {
      let ready = false;
      const heard = (message: ThreadMessage) => {
        if (message === "done") this.#waiting?.resolve();
        else ready = true;
        resolve();
      };
      const ended = (why: string) => {
        if (this.#ended) return;
        const when = !ready ? "did not start" : this.#waiting ? "died in mid-run" : "died";
        this.#failure ??= new RunError(`${name} of the run ${when}: ${why}`);
        this.#abort();
        this.#waiting?.reject(this.#failure);
        reject(this.#failure);
      };
      thread.listen(heard, ended);
    });
  }

  /** Makes threads that wait for each other leave. */
  #abort(): void {
    Atomics.store(this.#words, WORDS.aborted, 1);
    Atomics.add(this.#words, WORDS.generation, 1);
    Atomics.notify(this.#words, WORDS.generation);
  }
}
