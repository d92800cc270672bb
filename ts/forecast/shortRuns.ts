import type { Evidence } from "../analysis/classify.js";
import { runExperiment } from "../train/experimentRun.js";
import type { Prepared } from "../train/prepare.js";
import type { Trajectory } from "../trajectory/trajectory.js";

/** The first updates of a run with other noise. */
export interface ShortRun {
  readonly sigma: number;
  /** Updates made. */
  readonly steps: number;
  /** Updates after which it would have ended. */
  readonly length: number;
  readonly evidence: Evidence;
  readonly trajectory: Trajectory;
}

/** Makes the first updates of an experiment at any `sigma`, on the experiment's own streams: a run's first steps to the bit. */
export class ShortRuns {
  /** Updates made so far. */
  steps = 0;
  readonly #prepared: Prepared;
  readonly #signal: AbortSignal | undefined;
  readonly #made: ShortRun[] = [];

  /** @param prepared its test samples are left out. */
  constructor(prepared: Prepared, signal?: AbortSignal) {
    this.#prepared = prepared;
    this.#signal = signal;
  }

  /** Updates in the whole run. */
  get whole(): number {
    return this.#prepared.schedule.steps;
  }

  /** Runs `length` updates with `sigma` in all noise groups; a longer run at the same `sigma`, made earlier, does too. */
  async at(sigma: number, length: number): Promise<ShortRun> {
    const earlier = this.#made.find((run) => run.sigma === sigma && run.length === length);
    if (earlier) return earlier;
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
    const run = { sigma, steps: timing.steps, length, evidence, trajectory };
    this.#made.push(run);
    return run;
  }
}

/** Updates that are all recorded, and every so many after them. */
const DENSE = 64;
const EVERY = 4;
