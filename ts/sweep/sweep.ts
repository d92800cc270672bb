import { asCompleted } from "../async/asCompleted.js";
import { Lazy } from "../async/lazy.js";
import { Pacer } from "../async/pause.js";
import type { BackendName } from "../backend/machineFor.js";
import { RunError } from "../errors/errors.js";
import { planning, refuseSweptData, type SweepInput, type SweepPlan } from "../experiment/sweep.js";
import { DataSource } from "../jobs/dataSource.js";
import { runsTogether } from "../jobs/ensembleGroup.js";
import { LocalRunner } from "../jobs/localRunner.js";
import { makeRunner } from "../jobs/makeRunner.js";
import { errorOf } from "../jobs/pool/outcome.js";
import type { Runner, TrainedRun } from "../jobs/runner.js";
import { loadKernels } from "../kernels/kernels.js";
import { chooseBackend } from "../train/machine/chooseBackend.js";
import { refined } from "./refine.js";
import { Sweeper } from "./sweeper.js";
import type { SweepOptions } from "./sweepOptions.js";
import {
  type FailedRun,
  inOrder,
  type SweepResult,
  type SweptRun,
  summarised,
} from "./sweepResult.js";

export type { SweepOptions } from "./sweepOptions.js";

/**
 * A sweep: await it for all runs, or iterate over it for each run as it finishes, but not both. It starts when it is
 * awaited or iterated over. Leaving the loop aborts the runs that are under way and waits until they have ended.
 */
export interface Sweep extends Promise<SweepResult>, AsyncIterable<SweptRun> {}

/**
 * Trains every run of a sweep, on workers where there are any. Nothing starts before the sweep is awaited or iterated
 * over. If a run fails, the others are still made.
 * @throws (when awaited or iterated over) InputError before the first run if any of the experiments is not
 * valid; the first run's error if all runs fail; RunError if the store cannot be written.
 */
export function sweep(input: SweepInput, options: SweepOptions = {}): Sweep {
  let taken = false;
  const take = (failed: FailedRun[]) => {
    if (taken) throw new RunError("a sweep is awaited or iterated over once");
    taken = true;
    return finishedRuns(input, options, failed);
  };
  const all = async () => {
    const failed: FailedRun[] = [];
    const runs: SweptRun[] = [];
    for await (const run of take(failed)) runs.push(run);
    return summarised(inOrder(input, runs), failed);
  };
  // One promise however often it is asked for; made late, so that iterating can start the sweep instead.
  let result: Promise<SweepResult> | undefined;
  const promise = () => {
    result ??= all();
    return result;
  };
  return {
    [Symbol.toStringTag]: "Sweep",
    [Symbol.asyncIterator]: () => take([]),
    // biome-ignore lint/suspicious/noThenProperty: it starts when awaited, so that iterating can start it instead.
    then: (resolve, reject) => promise().then(resolve, reject),
    catch: (reject) => promise().catch(reject),
    finally: (end) => promise().finally(end),
  };
}

async function* finishedRuns(
  input: SweepInput,
  options: SweepOptions,
  failed: FailedRun[],
): AsyncGenerator<SweptRun> {
  const { signal, shard } = options;
  signal?.throwIfAborted();
  const plan = await planned(input);
  if (options.dataset !== undefined) refuseSweptData(input);
  const kernels = options.kernels ?? (await loadKernels({ fast: options.fast }));
  // All runs of a sweep are made on one kind of machine, so that they can be compared. A runner of the caller uses CPUs.
  const wanted = options.backend ?? "auto";
  const backend = wanted === "auto" && options.runner ? "wasm" : wanted;
  const experiments = plan.runs.map(({ experiment }) => experiment);
  const threads = Math.max(1, Math.min(options.workers ?? wantedWorkers(plan), experiments.length));
  const runs = { all: experiments.length, together: runsTogether(experiments), threads };
  const { gpu, files } = options;
  let round = plan.runs.filter((_, i) => !shard || i % shard.of === shard.index);
  // Refinement adds runs, which take the cores that are left.
  const shared = !plan.refine && round.length > 0;
  const share = shared ? Math.floor((options.workers ?? 1) / round.length) : 1;
  const made = (name: BackendName) =>
    new Lazy(() => makeRunner({ ...options, backend: name }, wantedWorkers(plan), kernels));
  const [cpu, onGpu] = [made("wasm"), made("webgpu")];
  const given = options.runner && new Lazy(async () => options.runner as Runner<TrainedRun>);
  const source = new DataSource(given ?? cpu, options.dataset);
  let sweeper: Sweeper | undefined;
  const seen: Pick<SweptRun, "fields" | "phase">[] = [];
  try {
    const data = () => source.dataset(experiments[0], kernels, signal);
    const threading = share > 1 && !given ? options.threading?.(share) : undefined;
    const work = { experiment: experiments[0], kernels, gpu, runs, data, cpu: threading };
    const choice = await chooseBackend(backend, work);
    const runner = choice.machine.threads
      ? new LocalRunner(kernels, files, round.length)
      : await (given ?? (choice.name === "webgpu" ? onGpu : cpu)).get();
    sweeper = new Sweeper(runner, choice, kernels, source, options);
    while (round.length > 0) {
      sweeper.counter.expect(round.length);
      // Twice as many as the runner makes at once, so that no worker waits while a result is taken.
      const { make } = sweeper;
      for await (const run of asCompleted(round, 2 * runner.size, make)) {
        if ("failure" in run) {
          failed.push(run);
          options.onFailure?.(run);
        } else {
          seen.push({ fields: run.fields, phase: run.phase });
          yield run;
        }
      }
      round = plan.refine ? refined(plan.refine, seen).map(plan.at) : [];
    }
    if (seen.length === 0 && failed.length > 0) throw errorOf(failed[0].failure);
  } finally {
    await sweeper?.close();
    await cpu.ifMade((runner) => runner.dispose());
    await onGpu.ifMade((runner) => runner.dispose());
  }
}

async function planned(input: SweepInput): Promise<SweepPlan> {
  const plan = planning(input);
  for (const pacer = new Pacer(); ; ) {
    const { done, value } = plan.next();
    if (done) return value;
    if (pacer.due) await pacer.rest();
  }
}

function wantedWorkers({ runs, refine }: SweepPlan): number {
  const cores = globalThis.navigator?.hardwareConcurrency ?? 1;
  return refine ? cores : Math.min(cores, runs.length);
}
