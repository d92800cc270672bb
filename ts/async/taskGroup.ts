import { RunError } from "../errors/errors.js";

/** Tasks that must not outlast what they work on: after `close` none starts, and `close` waits for those that run. */
export class TaskGroup {
  readonly #message: string;
  readonly #running = new Set<Promise<unknown>>();
  #closed = false;

  /** @param message of the RunError that a task gets which starts too late. */
  constructor(message: string) {
    this.#message = message;
  }

  get closed(): boolean {
    return this.#closed;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new RunError(this.#message);
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}
