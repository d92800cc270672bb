import type { Phase } from "../../../ts/analysis/phase.js";
import type { Progress } from "../../../ts/async/progress.js";
import { machineFor } from "../../../ts/backend/machineFor.js";
import { sha256 } from "../../../ts/digest/sha256.js";
import { RunError } from "../../../ts/errors/errors.js";
import { firstSigma, type SweepInput, sweepPlan } from "../../../ts/experiment/sweep.js";
import { canonicalJson } from "../../../ts/format/hash.js";
import { spawnWebWorker } from "../../../ts/jobs/pool/spawn.js";
import type { Kernels } from "../../../ts/kernels/kernels.js";
import { MemoryStore } from "../../../ts/store/memoryStore.js";
import type { RunStore, RunSummary } from "../../../ts/store/runStore.js";
import type { Store } from "../../../ts/store/store.js";
import { sweep } from "../../../ts/sweep/sweep.js";
import { secondsPerStep } from "../../../ts/train/machine/stepTiming.js";
import { prepare } from "../../../ts/train/prepare.js";
import { givenFiles } from "../files/givenFiles.js";
import { isKept, openSweep } from "./keptSweeps.js";

/** One run of a sweep, as the page draws it. */
export interface SweptPoint {
  readonly sigma: number;
  readonly seed: number;
  readonly phase: Phase;
  readonly reason: string;
  /** Training loss with noise, without it, and test loss, at the end. */
  readonly loss: number;
  readonly unperturbedLoss: number;
  readonly testLoss: number;
  /** The noise weights at the end over those at the start; NaN where there are none. */
  readonly niwRatio: number;
}

export interface SweepJob {
  readonly input: SweepInput;
  readonly machine: "cpu" | "gpu";
  /** Whether finished runs are kept in the browser. */
  readonly keep: boolean;
}

/** What a sweep tells while it goes on. */
export interface SweepEars {
  /** Its promise resolves once the runs have been heard of. */
  points(points: readonly SweptPoint[]): Promise<void> | void;
  progress(progress: Progress): void;
  /** A run that failed, or what else the reader should know. */
  note(line: string): void;
}

/** Milliseconds between two reports of progress. */
const PACE = 250;
/** Seconds between checkpoints of a run: what is lost when the tab is closed. */
const CHECKPOINTS = 5;

export const threads = () => Math.max(1, navigator.hardwareConcurrency ?? 2);

const backendOf = ({ machine }: Pick<SweepJob, "machine">) =>
  machine === "gpu" ? "webgpu" : "wasm";

/** Makes what is missing of a sweep. @throws what the sweep throws; the signal's reason. */
export async function runSweep(
  job: SweepJob,
  kernels: Kernels,
  ears: SweepEars,
  signal: AbortSignal,
): Promise<void> {
  const kept = job.keep ? await openSweep(await sweepName(job), job.input) : null;
  const store: RunStore = kept ?? new MemoryStore();
  let last = Number.NEGATIVE_INFINITY;
  const heard: unknown[] = [];
  try {
    const runs = sweep(job.input, {
      ...{ kernels, store, signal, files: givenFiles, checkpointEvery: CHECKPOINTS },
      ...{ backend: backendOf(job), workers: threads(), spawn: spawnWebWorker },
      onProgress: (progress) => {
        if (performance.now() - last < PACE && progress.done < progress.total) return;
        last = performance.now();
        ears.progress(progress);
      },
      onFailure: ({ experiment, failure }) =>
        ears.note(`The run at sigma ${firstSigma(experiment)} failed: ${failure.message}`),
    });
    let failed = true;
    for await (const run of runs) {
      failed = false;
      heard.push(ears.points([pointOf(run)]));
    }
    if (failed) throw new RunError("every run of the sweep failed");
  } finally {
    // Another port than the answer's brings the runs to the page, so they could come after it.
    await Promise.all(heard);
    await kept?.close();
  }
}

/** The runs of a sweep that the browser keeps. */
export async function keptPoints(job: SweepJob): Promise<SweptPoint[]> {
  const name = await sweepName(job);
  if (!(await isKept(name))) return [];
  const store = await openSweep(name);
  try {
    return pointsOf(store, job.input);
  } finally {
    await store.close();
  }
}

/** The runs of a store that belong to a sweep; all of them without one. */
export function pointsOf(
  store: Pick<Store, "keys" | "get">,
  input: SweepInput | null,
): SweptPoint[] {
  const wanted =
    input && new Set(sweepPlan(input).runs.map(({ experiment }) => canonicalJson(experiment)));
  return store.keys().flatMap((key) => {
    const run = store.get(key);
    return run && (!wanted || wanted.has(canonicalJson(run.experiment))) ? [pointOf(run)] : [];
  });
}

function pointOf({ experiment, phase, evidence, final }: RunSummary): SweptPoint {
  return {
    ...{ sigma: firstSigma(experiment), seed: experiment.seed, phase, reason: evidence.reason },
    ...{ loss: final.loss, unperturbedLoss: final.unperturbedLoss, testLoss: final.testLoss },
    niwRatio: evidence.niwEnd / evidence.niwStart,
  };
}

/** Seconds that a sweep takes from its start, from the time of one step and the samples that evaluations read. */
export async function estimatedSeconds(
  job: SweepJob,
  kernels: Kernels,
): Promise<{ seconds: number; runs: number }> {
  const { runs } = sweepPlan(job.input);
  const { experiment } = runs[0];
  const prepared = await prepare(experiment, { kernels, files: givenFiles, backend: "wasm" });
  try {
    const { plan, schedule } = prepared;
    const step = await secondsPerStep(await machineFor(backendOf(job), kernels), plan);
    const evaluations = schedule.steps / schedule.stepsPerEpoch / experiment.record.evaluateEvery;
    // An update reads its samples forwards and backwards, an evaluation only forwards: a third of the work.
    const read = (evaluations * (plan.trainRows + plan.testRows)) / 3;
    const perRun = step * (schedule.steps + read / plan.batch);
    const together = job.machine === "gpu" ? 1 : Math.min(threads(), runs.length);
    return { seconds: (perRun * runs.length) / together, runs: runs.length };
  } finally {
    prepared.dispose();
  }
}

/** Sweeps of one experiment share a folder, whatever their range and seeds are. */
export async function sweepName({ input, machine }: SweepJob): Promise<string> {
  const { sweep: _, seed: __, noise, ...rest } = input;
  const groups = noise?.map((group) => ({ ...group, sigma: 0 }));
  const text = canonicalJson({ ...rest, noise: groups, machine });
  return `lab-sweep-${(await sha256(new TextEncoder().encode(text))).slice(0, 16)}`;
}
