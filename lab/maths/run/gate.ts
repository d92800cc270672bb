/** Holds a run back: it may go on up to a step, at a pace. */
export class Gate {
  #until = 0;
  #wake: () => void = () => {};
  #closed = false;

  /** The step at which the run waits; Infinity while it plays. */
  get until(): number {
    return this.#until;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Lets the run go on up to `step`. */
  open(step: number): void {
    this.#until = step;
    this.#wake();
  }

  /** Ends every wait for good. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** Returns once the run may make the update of `step`, or the gate is closed. */
  async pass(step: number): Promise<void> {
    while (step >= this.#until && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
