import { RunError } from "../errors/errors.js";

/** Work that must not outlast what it works on: none begins once the gate is closed, and closing waits for the rest. */
export class Gate {
  readonly #message: string;
  readonly #inside = new Set<Promise<unknown>>();
  #closed = false;

  /** @param message of the RunError that those who come too late get. */
  constructor(message: string) {
    this.#message = message;
  }

  get closed(): boolean {
    return this.#closed;
  }

  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new RunError(this.#message);
    const inside = work();
    this.#inside.add(inside);
    try {
      return await inside;
    } finally {
      this.#inside.delete(inside);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    while (this.#inside.size > 0) await Promise.allSettled(this.#inside);
  }
}
