/** Gives each of many runs its own signal. All of them abort with one parent signal, which gets a single listener. */
export class ChildSignals {
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

  /** Runs `work` with its own signal. */
  async run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
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

  /** Aborts the work that is still under way, and stops listening to the parent signal. */
  close(reason: Error): void {
    this.#closed = reason;
    this.#signal?.removeEventListener("abort", this.#abort);
    for (const controller of this.#controllers) controller.abort(reason);
  }
}
