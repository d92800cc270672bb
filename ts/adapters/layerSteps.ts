import { InputError, shown } from "../errors/errors.js";
import type { NoiseProbe, Observation } from "../gauge/noiseProbe.js";

/** What a forward pass adds. */
export interface Pass {
  /** The step that the pass belongs to. */
  readonly step: number;
  /** What to add to the pre-activations, `[batch, width]`, row-major; null if the batch is too small, so that it gets no noise. */
  readonly added: Float32Array | null;
}

/**
 * The steps of a probe in a layer that does not know where a step begins: a step is a forward pass in training, its gradient and an
 * observation, in this order. A forward pass without a gradient, as for a look at the outputs, is no step, and gives the next one
 * the same noise.
 */
export class LayerSteps {
  readonly probe: NoiseProbe;
  /** Steps whose batch was too small for the noise. */
  skipped = 0;
  #step: number;
  /** The last step had a whole batch. */
  #whole = false;
  /** The gradient that waits for its observation; `rows` is null where the batch was too small. */
  #waiting: { readonly rows: Float32Array | null } | null = null;

  constructor(probe: NoiseProbe) {
    this.probe = probe;
    this.#step = (probe.records.at(-1)?.step ?? -1) + 1;
  }

  /** @throws InputError if the step before was not observed, or `rows` is no size of a batch that it takes. */
  forward(rows: number): Pass {
    if (this.#waiting) {
      throw new InputError(
        "step",
        `step ${this.#step} was not observed, and the next one begins: give model.fit gaugeCallback(layer), or call layer.observe(loss) after each training step`,
      );
    }
    const { batch } = this.probe.options;
    if (rows > batch || (rows < batch && !this.#whole)) {
      const last = rows < batch ? "; only the last batch of an epoch may be smaller" : "";
      throw new InputError("batch", `a batch has ${rows} rows: the probe takes ${batch}${last}`);
    }
    const added = rows === batch ? this.probe.perturb(this.#step) : null;
    return { step: this.#step, added };
  }

  /** Takes the gradient with respect to what the pass added; null if it added nothing. */
  gradient(step: number, rows: Float32Array | null): void {
    if (this.#waiting || step !== this.#step) {
      throw new InputError(
        "step",
        `the gradient of step ${step} arrives twice: noise nodes stand in one place of one model, and a step has one backward pass`,
      );
    }
    this.#waiting = { rows };
  }

  /** Ends the step. @returns null if its batch was too small. */
  observe(loss?: number): Observation | null {
    if (loss !== undefined && typeof loss !== "number") {
      throw new InputError("loss", `loss is ${shown(loss)}: takes the mean loss of the batch`);
    }
    if (!this.#waiting) {
      throw new InputError(
        "step",
        `step ${this.#step} has no gradient: observe once after each training step; a loop of your own passes { training: true } to model.apply, and a layer before the noise has to be trainable`,
      );
    }
    const { rows } = this.#waiting;
    const seen = rows && this.probe.observe(this.#step, rows, loss);
    this.#waiting = null;
    this.#whole = seen !== null;
    if (!seen) this.skipped++;
    this.#step++;
    return seen;
  }
}
