import {
  type BoundaryName,
  type MeasuredBoundary,
  measuredBoundaries,
} from "../analysis/boundaries.js";
import type { Dataset } from "../data/dataset.js";
import { loadDataset } from "../data/load.js";
import { firstSigma, type SweepInput, sweepRuns } from "../experiment/sweep.js";
import { loadKernels } from "../kernels/kernels.js";
import { Streams } from "../random/streams.js";
import { canonicalJson, hashRuns } from "./hash.js";
import { type RunResult, type TrainOptions, train } from "./train.js";

export interface SweepOptions extends Omit<TrainOptions, "dataset" | "onProgress"> {
  readonly onProgress?: (progress: SweepProgress) => void;
}

export interface SweepProgress {
  /** Runs finished, and runs in all. */
  readonly run: number;
  readonly runs: number;
  /** Part of the present run that is done, 0 to 1. */
  readonly fraction: number;
}

export interface SweptRun extends RunResult {
  /** The swept fields' values, by dotted path. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface SweepResult {
  readonly runs: readonly SweptRun[];
  /** Along `sigma` of the first noise group. */
  readonly boundaries: Record<
    BoundaryName,
    MeasuredBoundary & { readonly predicted: number | null }
  >;
  /** SHA-256 over all trajectories, in an order that does not depend on when they were made. */
  readonly resultsHash: string;
}

/**
 * Trains every run of a sweep, one after another, each as soon as it is asked for.
 * @throws InputError before the first run if any of the experiments is not valid.
 */
export async function* sweepIterator(
  input: SweepInput,
  options: SweepOptions = {},
): AsyncGenerator<SweptRun> {
  const runs = sweepRuns(input);
  const kernels = options.kernels ?? (await loadKernels({ fast: options.fast }));
  let key: string | null = null;
  let dataset: Dataset | undefined;
  for (const [index, { fields, experiment }] of runs.entries()) {
    // Runs that share their data and what it is drawn from share one copy.
    const own = canonicalJson([experiment.data, experiment.seed]);
    if (own !== key) {
      const streams = new Streams(kernels, experiment.seed);
      dataset = await loadDataset(experiment.data, streams, options.files);
      key = own;
    }
    const result = await train(experiment, {
      ...options,
      kernels,
      dataset,
      onProgress: (step, steps) =>
        options.onProgress?.({ run: index, runs: runs.length, fraction: step / steps }),
    });
    yield { ...result, fields };
  }
}

/** All runs of a sweep, and what they show together. */
export async function sweep(input: SweepInput, options: SweepOptions = {}): Promise<SweepResult> {
  const runs: SweptRun[] = [];
  for await (const run of sweepIterator(input, options)) runs.push(run);
  return summarised(runs);
}

export async function summarised(runs: readonly SweptRun[]): Promise<SweepResult> {
  const measured = measuredBoundaries(
    runs.map(({ experiment, phase }) => ({ sigma: firstSigma(experiment), phase })),
  );
  const boundaries = Object.fromEntries(
    Object.entries(measured).map(([name, boundary]) => [name, { predicted: null, ...boundary }]),
  ) as SweepResult["boundaries"];
  return { runs, boundaries, resultsHash: await hashRuns(runs) };
}
