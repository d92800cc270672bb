/**
 * Signals of their own for many runs, which are aborted with one given signal: that one has one listener, however
 * many runs there are.
 */
export class FanOut {
  readonly #signal: AbortSignal | undefined;
  readonly #controllers = new Set<AbortController>();
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
    const controller = new AbortController();
    this.#controllers.add(controller);
    try {
      return await work(controller.signal);
    } finally {
      this.#controllers.delete(controller);
    }
  }

  /** Lets go of the given signal. */
  close(): void {
    this.#signal?.removeEventListener("abort", this.#abort);
  }
}
