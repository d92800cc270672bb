/** Lets timers, signals and (in a page) frames have their turn. */
export function breathe(): Promise<void> {
  if (typeof setImmediate === "function") return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    // A timer of 0 ms is held back to 4 ms by browsers; a message is not.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Milliseconds of work between two breaths: half a frame. */
const BREATH_MS = 8;

/** Takes work that comes in many small pieces to a page's thread, in turns with its frames. */
export class Pace {
  #last = performance.now();

  /** Whether it is time to `rest`: asked for first, for a promise takes longer than many a piece. */
  get due(): boolean {
    return performance.now() - this.#last > BREATH_MS;
  }

  async rest(): Promise<void> {
    await breathe();
    this.#last = performance.now();
  }
}
