import type { Evidence } from "../analysis/classify.js";
import { runExperiment } from "../train/experimentRun.js";
import type { Prepared } from "../train/prepare.js";
import type { Trajectory } from "../trajectory/trajectory.js";

/** The first updates of a run with other noise. */
export interface ShortRun {
  readonly sigma: number;
  readonly evidence: Evidence;
  readonly trajectory: Trajectory;
}

/** Updates that are all recorded, and every so many after them. */
const DENSE = 64;
const EVERY = 4;

/**
 * Makes the first updates of an experiment at any `sigma`. They draw from the experiment's own streams, so they are to the bit
 * those of the whole run.
 */
export class ShortRuns {
  /** Updates made so far. */
  steps = 0;
  readonly #prepared: Prepared;
  readonly #signal: AbortSignal | undefined;

  constructor(prepared: Prepared, signal?: AbortSignal) {
    this.#prepared = prepared;
    this.#signal = signal;
  }

  /** Updates in the whole run. */
  get whole(): number {
    return this.#prepared.schedule.steps;
  }

  /** Runs `length` updates with `sigma` in all noise groups. */
  async at(sigma: number, length: number): Promise<ShortRun> {
    const { experiment } = this.#prepared;
    const { epochs: _, stop: __, ...rest } = experiment;
    const short = this.#prepared.variant({
      ...rest,
      steps: length,
      noise: experiment.noise.map((group) => ({ ...group, sigma })),
      record: { dense: DENSE, every: EVERY, evaluateEvery: length },
    });
    const { evidence, trajectory, timing } = await runExperiment(short, { signal: this.#signal });
    this.steps += timing.steps;
    return { sigma, evidence, trajectory };
  }
}
