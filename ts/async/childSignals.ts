/**
 * Signals of their own for many runs, which are aborted with one given signal: that one has one listener, however
 * many runs there are.
 */
export class FanOut {
  readonly #signal: AbortSignal | undefined;
  readonly #controllers = new Set<AbortController>();
  #closed: Error | null = null;
  readonly #abort = () => {
    for (const controller of this.#controllers) controller.abort(this.#signal?.reason);
  };

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    signal?.addEventListener("abort", this.#abort, { once: true });
  }

  /** Does `work` with a signal of its own. */
  async during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#signal?.throwIfAborted();
    if (this.#closed) throw this.#closed;
    const controller = new AbortController();
    this.#controllers.add(controller);
    try {
      return await work(controller.signal);
    } finally {
      this.#controllers.delete(controller);
    }
  }

  /** Ends the work that is still under way, and lets go of the given signal. */
  close(reason: Error): void {
    this.#closed = reason;
    this.#signal?.removeEventListener("abort", this.#abort);
    for (const controller of this.#controllers) controller.abort(reason);
  }
}
