import { RunError } from "../../errors/errors.js";
import type { SweepInput } from "../../experiment/sweep.js";
import { spawnThread, threadsHere } from "../../jobs/pool/node/spawn.js";
import { loadKernels } from "../../kernels/node/load.js";
import { predictedBoundaries, withPredictions } from "../../probe/predictedBoundaries.js";
import { MemoryStore } from "../../store/memoryStore.js";
import type { Claim } from "../../store/node/openFolder.js";
import { openStore, writeSpec } from "../../store/node/openStore.js";
import { type SweepOptions, sweep } from "../../sweep/sweep.js";
import {
  inOrder,
  type SweepResult,
  type SweptSummary,
  summarised,
} from "../../sweep/sweepResult.js";
import { sweepThreading } from "../../train/machine/node/threading.js";
import { sayOtherKernels } from "../otherKernels.js";
import { ProgressBar, sayer, type Voice } from "../terminal.js";
import { writeSweep } from "./output.js";

/** Where a sweep keeps its runs, and what it does with earlier results there. */
export interface SweepFolder {
  readonly out?: string;
  readonly begin: Claim["begin"];
}

/**
 * Makes a sweep's runs. If there is a folder, keeps the runs in it and writes their results and figures.
 * @param predict whether to predict a network's boundaries from the curvature at its start, too.
 */
export async function runSweep(
  spec: SweepInput,
  { out, begin }: SweepFolder,
  voice: Voice,
  options: SweepOptions,
  predict = false,
): Promise<SweepResult<SweptSummary>> {
  const claim = { spec, begin, adds: true };
  const kept = out === undefined ? null : await openStore(out, "--out", sayer(voice), claim);
  const store = kept ?? new MemoryStore();
  const progress = new ProgressBar("sweep", voice);
  const runs: SweptSummary[] = [];
  const failed: SweepResult["failed"][number][] = [];
  try {
    const kernels = options.kernels ?? (await loadKernels({ fast: options.fast }));
    if (kept && out !== undefined) {
      await writeSpec(out, spec);
      await sayOtherKernels(out, kept, kernels, sayer(voice));
    }
    const finished = sweep(spec, {
      workers: threadsHere(),
      spawn: spawnThread,
      threading: sweepThreading,
      ...options,
      kernels,
      store,
      onFailure: (run) => failed.push(run),
      onProgress: progress.report,
    });
    for await (const { trajectory: _, ...summary } of finished) runs.push(summary);
    progress.stop();
    const made = await summarised(inOrder(spec, runs), failed);
    const result = await foreseen(made, predict, options);
    await kept?.check();
    if (out !== undefined) await writeSweep(out, spec, result, store);
    return result;
  } finally {
    progress.stop();
    await kept?.close();
  }
}

/** Adds predicted boundaries: always for the linear model, for other networks if `networks` is set. */
export async function foreseen(
  made: SweepResult<SweptSummary>,
  networks: boolean,
  { kernels, files, signal }: SweepOptions = {},
): Promise<SweepResult<SweptSummary>> {
  const experiments = made.runs.map(({ experiment }) => experiment);
  const prediction = await predictedBoundaries(experiments, { networks, kernels, files, signal });
  return prediction ? { ...made, boundaries: withPredictions(made.boundaries, prediction) } : made;
}

/** @throws RunError if runs of a sweep failed. The results of the other runs have been written. */
export function checkFailures({ runs, failed }: SweepResult<SweptSummary>): void {
  if (failed.length === 0) return;
  const first = failed[0].failure.message;
  throw new RunError(
    `${failed.length} of ${failed.length + runs.length} runs failed; the first: ${first}`,
  );
}
