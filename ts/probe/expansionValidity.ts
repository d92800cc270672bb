import { machineFor } from "../backend/machineFor.js";
import { ExpansionProbe } from "../curvature/expansionProbe.js";
import { loadDataset } from "../data/load.js";
import { InputError } from "../errors/errors.js";
import { parseExperiment } from "../experiment/parse.js";
import type { ExperimentInput } from "../experiment/schema.js";
import { loadKernels } from "../kernels/kernels.js";
import { type Distribution, Streams } from "../random/streams.js";
import { runExperiment } from "../train/experimentRun.js";
import { seededInputs } from "../train/inputs.js";
import { planOf } from "../train/plan.js";
import { scheduleOf } from "../train/schedule.js";
import { lookingSteps } from "./observationSteps.js";
import type { ProbeOptions } from "./probe.js";

/** How far off the expansion is in one step of a run. */
export interface ValidityCell {
  readonly distribution: Distribution;
  readonly sigma: number;
  readonly epoch: number;
  /** What the first two orders miss of the step's exact gradient of the noise weights, over its length. */
  readonly error: number;
}

export interface ValidityOptions
  extends Pick<
    ProbeOptions,
    "kernels" | "fast" | "dataset" | "files" | "backend" | "gpu" | "signal" | "moments"
  > {
  readonly sigmas: readonly number[];
  /** All three unless given. */
  readonly distributions?: readonly Distribution[];
  readonly onProgress?: (done: number, all: number) => void;
}

const DISTRIBUTIONS = ["normal", "uniform", "rademacher"] as const;

/**
 * Where the expansion to second order in the noise holds (Levi et al., arXiv:2210.13599, section 2), over `sigma` and
 * time: trains the experiment at each `sigma` with each distribution of the noise, from the same weights and in the same
 * order, and compares steps with their expansion. Runs that diverge end early, and have cells until then.
 * @throws InputError as `train`, and for an experiment without noise.
 */
export async function validity(
  input: ExperimentInput,
  options: ValidityOptions,
): Promise<ValidityCell[]> {
  const experiment = parseExperiment(input);
  const [group, ...others] = experiment.noise;
  if (!group) {
    throw new InputError("noise", "noise is empty: the expansion takes noise injection nodes");
  }
  const { sigmas, distributions = DISTRIBUTIONS, moments = 20, signal, gpu } = options;
  const backend = options.backend ?? "auto";
  const kernels = options.kernels ?? (await loadKernels({ fast: options.fast }));
  const streams = new Streams(kernels, experiment.seed);
  const dataset = options.dataset ?? (await loadDataset(experiment.data, streams, options.files));
  const machine = await machineFor(backend, kernels, gpu);

  const cells: ValidityCell[] = [];
  const runs = distributions.flatMap((distribution) =>
    sigmas.map((sigma) => ({ distribution, sigma })),
  );
  for (const [i, { distribution, sigma }] of runs.entries()) {
    const own = parseExperiment({
      ...experiment,
      noise: [{ ...group, distribution, sigma }, ...others],
    });
    const plan = planOf(own, dataset);
    const schedule = scheduleOf(own, plan);
    const due = lookingSteps(schedule, moments).filter((step) => step < schedule.steps);
    const inputs = seededInputs(own, plan, streams);
    const expansion = await ExpansionProbe.open(machine, plan, dataset, inputs);
    try {
      await runExperiment(
        own,
        backend,
        kernels,
        dataset,
        {
          signal,
          onProgress: (step, steps) => options.onProgress?.(i + step / steps, runs.length),
          observer: {
            next: (step) => due.find((d) => d >= step) ?? Number.POSITIVE_INFINITY,
            look: async (state) => {
              const { secondError } = await expansion.at(state);
              const epoch = state.step / schedule.stepsPerEpoch;
              cells.push({ distribution, sigma, epoch, error: secondError });
            },
          },
        },
        gpu,
      );
    } finally {
      expansion.dispose();
    }
  }
  return cells;
}

/** The largest `sigma` up to which the median error over a run stays below `error`; null: none. */
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
