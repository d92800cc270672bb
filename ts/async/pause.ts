/** Yields to timers, signals and, on a page, to frames. */
export function pause(): Promise<void> {
  if (typeof setImmediate === "function") return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    // Browsers delay a timer of 0 ms to 4 ms; they do not delay a message.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Milliseconds of work between two pauses: half a frame. */
const PAUSE_EVERY_MS = 8;

/** Tells work that comes in many small pieces when to pause, so that a page keeps drawing frames. */
export class Pacer {
  #last = performance.now();

  /** Whether it is time to `rest`. Ask first: awaiting a promise takes longer than many a piece of work. */
  get due(): boolean {
    return performance.now() - this.#last > PAUSE_EVERY_MS;
  }

  async rest(): Promise<void> {
    await pause();
    this.#last = performance.now();
  }
}
