import { type OnProgress, ProgressReporter } from "../async/progress.js";
import { ExpansionProbe } from "../curvature/expansionProbe.js";
import { InputError } from "../errors/errors.js";
import { refuseSchedules } from "../experiment/constantNoise.js";
import { parseExperiment } from "../experiment/parse.js";
import type { ExperimentInput } from "../experiment/schema.js";
import type { Distribution } from "../random/streams.js";
import { runExperiment } from "../train/experimentRun.js";
import { type PrepareOptions, prepare } from "../train/prepare.js";
import { observationSteps } from "./observationSteps.js";

/** The error of the expansion in one step of a run. */
export interface ValidityCell {
  /** Shape of the noise. */
  readonly distribution: Distribution;
  /** Standard deviation of the noise. */
  readonly sigma: number;
  /** Epochs before the step. */
  readonly epoch: number;
  /** The part of the noise weights' exact gradient that the first two orders miss: norm over norm. */
  readonly error: number;
}

/** Where to test the expansion. */
export interface ValidityOptions extends PrepareOptions {
  /** Largest number of steps of each run to compare, besides those of the first epoch; default 20. */
  readonly moments?: number;
  /** Standard deviations of the noise: one run for each of them and each distribution. */
  readonly sigmas: readonly number[];
  /** Default: all three. */
  readonly distributions?: readonly Distribution[];
  /** Reports the runs made. */
  readonly onProgress?: OnProgress;
}

const DISTRIBUTIONS = ["normal", "uniform", "rademacher"] as const;

/**
 * Maps where the expansion to second order in the noise holds (Levi et al., arXiv:2210.13599, section 2), over `sigma` and
 * time. It trains the experiment at each `sigma` with each distribution of the noise, from the same weights and in the same
 * order, and compares steps with their expansion. A run that diverges ends early; it has cells up to then.
 * @throws InputError as `train`, and for an experiment without noise.
 */
export async function validity(
  input: ExperimentInput,
  options: ValidityOptions,
): Promise<ValidityCell[]> {
  const experiment = parseExperiment(input);
  const [group, ...others] = experiment.noise;
  if (!group) {
    throw new InputError("noise", "noise is empty: the expansion needs noise injection nodes");
  }
  const { sigmas, distributions = DISTRIBUTIONS, moments = 20, signal } = options;
  refuseSchedules(experiment, "the expansion");
  const prepared = await prepare(experiment, options);
  const progress = new ProgressReporter("run", options.onProgress);
  const cells: ValidityCell[] = [];
  const runs = distributions.flatMap((distribution) =>
    sigmas.map((sigma) => ({ distribution, sigma })),
  );
  for (const [i, own] of runs.entries()) {
    const run = prepared.variant({ ...experiment, noise: [{ ...group, ...own }, ...others] });
    const { schedule } = run;
    const due = observationSteps(schedule, moments).filter((step) => step < schedule.steps);
    const expansion = await ExpansionProbe.open(run.machine, run);
    try {
      await runExperiment(run, {
        signal,
        onStep: (step, steps) => progress.report(i + step / steps, runs.length),
        observer: {
          next: (step) => due.find((d) => d >= step) ?? Number.POSITIVE_INFINITY,
          look: async (state) => {
            const { secondError } = await expansion.at(state);
            cells.push({ ...own, epoch: state.step / schedule.stepsPerEpoch, error: secondError });
          },
        },
      });
    } finally {
      expansion.dispose();
    }
  }
  return cells;
}

/** The largest `sigma` up to which the median error over a run stays below `error`; null if there is none. */
export function validUntil(cells: readonly ValidityCell[], error: number): number | null {
  let until: number | null = null;
  for (const sigma of [...new Set(cells.map((cell) => cell.sigma))].sort((a, b) => a - b)) {
    const errors = cells.filter((cell) => cell.sigma === sigma).map((cell) => cell.error);
    errors.sort((a, b) => a - b);
    if (!(errors[errors.length >> 1] < error)) break;
    until = sigma;
  }
  return until;
}
