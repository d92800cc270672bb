import { train } from "../../dist/node.js";

/**
 * A training run by the public API that continues as long as requested. An observer makes it wait between requests. The
 * measured time covers all work between two calls of the observer: batches, noise, updates, the record.
 */
export class Training {
  #target = 0;
  #started = 0;
  #seconds = 0;
  #arrived;
  #go;
  #run;

  /** Resolves when the run is about to make its first update. */
  static async begin(experiment, options) {
    const training = new Training();
    const arrived = training.#arrival();
    const endless = { ...experiment, epochs: undefined, steps: 1e9 };
    const record = { dense: 0, every: 1000, evaluateEvery: 1e9, evaluateSamples: 1 };
    const run = train({ ...endless, record }, { ...options, backend: "wasm", observer: training });
    training.#run = run;
    await Promise.race([arrived, run.then(() => Promise.reject(new Error("the run ended")))]);
    return training;
  }

  /** Ends the run; returns its result. */
  end() {
    this.#go("stop");
    return this.#run;
  }

  /** Makes a number of steps; returns their time in seconds. */
  async run(steps) {
    const arrived = this.#arrival();
    this.#target += steps;
    this.#go();
    await arrived;
    return this.#seconds;
  }

  next(step) {
    // Stops the clock here, because the weights are read out between this call and `look`.
    if (step === this.#target) this.#seconds = (performance.now() - this.#started) / 1000;
    return step <= this.#target ? this.#target : Number.POSITIVE_INFINITY;
  }

  async look() {
    const go = new Promise((resolve) => {
      this.#go = resolve;
    });
    this.#arrived();
    const reply = await go;
    this.#started = performance.now();
    return reply;
  }

  #arrival() {
    return new Promise((resolve) => {
      this.#arrived = resolve;
    });
  }
}
