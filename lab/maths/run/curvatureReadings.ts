import type { Experiment } from "../../../ts/experiment/schema.js";
import type { Parameters } from "../../../ts/train/parameters.js";
import { readableSigma, type StepReading, stepReading } from "./stepReading.js";

/** Readings of the curvature along one run, from the noise weights before and after an update. */
export class CurvatureReadings {
  readonly #sigma: number | null;
  readonly #learningRate: number;
  readonly #found = new Map<number, number>();
  #last: { readonly step: number; readonly niw: Parameters["niw"] } | null = null;

  constructor(experiment: Experiment) {
    this.#sigma = readableSigma(experiment);
    this.#learningRate = experiment.optimizer.learningRate;
  }

  /** Takes the noise weights before the update of `step`. Two such in a row give a reading. */
  take(step: number, niw: Parameters["niw"]): void {
    const last = this.#last;
    if (this.#sigma !== null && last?.step === step - 1) {
      this.#found.set(last.step, stepReading(last.niw, niw, this.#sigma, this.#learningRate));
    }
    this.#last = { step, niw };
  }

  /** The readings of the updates before `step`. */
  until(step: number): StepReading[] {
    return [...this.#found]
      .filter(([at]) => at < step)
      .sort(([a], [b]) => a - b)
      .map(([at, value]) => ({ step: at, value }));
  }

  /** Forgets what was read from `step` on: another machine makes these updates anew. */
  dropFrom(step: number): void {
    for (const at of this.#found.keys()) if (at >= step) this.#found.delete(at);
    this.#last = null;
  }
}
