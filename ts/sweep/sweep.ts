import { asCompleted } from "../async/asCompleted.js";
import { ChildSignals } from "../async/childSignals.js";
import { Lazy } from "../async/lazy.js";
import { Pacer } from "../async/pause.js";
import type { OnProgress } from "../async/progress.js";
import { TaskGroup } from "../async/taskGroup.js";
import { type BackendName, type BackendRecord, backendRecord } from "../backend/machineFor.js";
import type { Dataset } from "../data/dataset.js";
import { RunError } from "../errors/errors.js";
import type { Shard } from "../experiment/shard.js";
import {
  planning,
  refuseSweptData,
  type SweepInput,
  type SweepPlan,
  type SweepRun,
} from "../experiment/sweep.js";
import { hashRun } from "../format/hash.js";
import { DataSource } from "../jobs/dataSource.js";
import { runsTogether } from "../jobs/ensembleGroup.js";
import { makeRunner, type RunnerOptions } from "../jobs/makeRunner.js";
import { errorOf, failureOf } from "../jobs/pool/outcome.js";
import { runKey } from "../jobs/runKey.js";
import type { Runner, TrainedRun } from "../jobs/runner.js";
import { type Kernels, loadKernels } from "../kernels/kernels.js";
import type { RunStore, StoredRun } from "../store/runStore.js";
import { CHECKPOINT_EVERY, type Checkpoint } from "../train/checkpoint.js";
import { type Choice, chooseBackend } from "../train/chooseBackend.js";
import type { KeyedDataset } from "../train/dataKey.js";
import { refined } from "./refine.js";
import { SweepCounter } from "./sweepProgress.js";
import {
  type FailedRun,
  inOrder,
  type SweepResult,
  type SweptRun,
  summarised,
} from "./sweepResult.js";

/** How to sweep. */
export interface SweepOptions extends RunnerOptions {
  /** Aborts the sweep; the sweep then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Reports the runs made; refinement adds to their total. */
  readonly onProgress?: OnProgress;
  /** Receives each run that fails; the other runs go on. */
  readonly onFailure?: (failure: FailedRun) => void;
  /** The data for all runs, whatever `data` in the experiments names; each result's `dataset` records it. */
  readonly dataset?: Dataset;
  /** Keeps finished runs; those that it holds are not made again. */
  readonly store?: RunStore;
  /** Seconds between the checkpoints of a run; default 30. */
  readonly checkpointEvery?: number;
  /**
   * Makes the runs; default: workers or this thread, as the other options say. The caller disposes of it.
   * @internal
   */
  readonly runner?: Runner<TrainedRun>;
  /** Makes only one part of the runs. */
  readonly shard?: Shard;
}

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
  const { gpu } = options;
  const made = (name: BackendName) =>
    new Lazy(() => makeRunner({ ...options, backend: name }, wantedWorkers(plan), kernels));
  const [cpu, onGpu] = [made("wasm"), made("webgpu")];
  const given = options.runner && new Lazy(async () => options.runner as Runner<TrainedRun>);
  const source = new DataSource(given ?? cpu, options.dataset);
  let sweeper: Sweeper | undefined;
  const seen: Pick<SweptRun, "fields" | "phase">[] = [];
  try {
    const data = () => source.dataset(experiments[0], kernels, signal);
    const work = { experiment: experiments[0], kernels, gpu, runs, data };
    const choice = await chooseBackend(backend, work);
    const runner = await (given ?? (choice.name === "webgpu" ? onGpu : cpu)).get();
    sweeper = new Sweeper(runner, choice, kernels, source, options);
    let round = plan.runs.filter((_, i) => !shard || i % shard.of === shard.index);
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

/** The error of runs that are under way when the sweep ends. */
const LEFT = "the sweep ended before the run was done";

function wantedWorkers({ runs, refine }: SweepPlan): number {
  const cores = globalThis.navigator?.hardwareConcurrency ?? 1;
  return refine ? cores : Math.min(cores, runs.length);
}

class Sweeper {
  readonly counter: SweepCounter;
  readonly #runner: Runner<TrainedRun>;
  readonly #source: DataSource;
  readonly #choice: Choice;
  readonly #backend: BackendRecord;
  readonly #options: SweepOptions;
  readonly #signals: ChildSignals;
  /** Calls to the store that are under way. */
  readonly #tasks = new TaskGroup(LEFT);
  /** Runs under way, by key: of two equal runs only one is made. */
  readonly #making = new Map<string, Promise<StoredRun>>();

  constructor(
    runner: Runner<TrainedRun>,
    choice: Choice,
    kernels: Kernels,
    source: DataSource,
    options: SweepOptions,
  ) {
    this.#runner = runner;
    this.#source = source;
    this.#choice = choice;
    this.#backend = backendRecord(choice.machine, kernels);
    this.#options = options;
    this.#signals = new ChildSignals(options.signal);
    this.counter = new SweepCounter(options.onProgress);
  }

  /** Aborts the runs that are under way. Once it resolves, no store is used and no callback is called any more. */
  async close(): Promise<void> {
    this.counter.close();
    this.#signals.close(new RunError(LEFT));
    await this.#tasks.close();
  }

  /**
   * Makes a run, or takes it from the store.
   * @throws what the store throws: a sweep that cannot keep its results must stop.
   */
  make = async (run: SweepRun): Promise<SweptRun | FailedRun> => {
    const { store, signal } = this.#options;
    const keeping = new Keeping(this.#tasks);
    try {
      const data = await this.#source.keyed(run.experiment, signal);
      const key = await runKey(run.experiment, data?.key ?? null, this.#backend);
      const known = store?.get(key);
      const trajectory = known && (await store?.trajectory(key));
      if (store && known && trajectory) {
        // A crash may have come between storing the run and dropping its checkpoint.
        await keeping.done(() => store.dropCheckpoint(key));
        await this.#runner.forget?.(key);
        this.counter.known();
        return { ...known, trajectory, fields: run.fields };
      }
      const making = this.#making.get(key) ?? this.#kept(run, key, data, keeping);
      this.#making.set(key, making);
      const made = await making.finally(() => this.#making.delete(key));
      this.counter.done(run);
      return { ...made, fields: run.fields };
    } catch (error) {
      signal?.throwIfAborted();
      if (keeping.failed) throw keeping.error;
      if (this.#tasks.closed) throw error;
      this.counter.done(run);
      return { ...run, failure: failureOf(error) };
    }
  };

  async #kept(
    run: SweepRun,
    key: string,
    data: KeyedDataset | null,
    keeping: Keeping,
  ): Promise<StoredRun> {
    const { store } = this.#options;
    const made = await this.#train(run, key, data, keeping);
    if (store) await keeping.done(() => store.put(made));
    await this.#runner.forget?.(key);
    return made;
  }

  async #train(
    run: SweepRun,
    key: string,
    data: KeyedDataset | null,
    keeping: Keeping,
  ): Promise<StoredRun> {
    const { store, checkpointEvery: every = CHECKPOINT_EVERY } = this.#options;
    const { name: backend, why } = this.#choice;
    const { experiment } = run;
    const checkpoints = store && {
      from: await keeping.done(() => store.checkpoint(key)),
      every,
      save: (checkpoint: Checkpoint) => keeping.done(() => store.saveCheckpoint(key, checkpoint)),
    };
    const onStep = (step: number, steps: number) => this.counter.progress(run, step / steps);
    const made = await this.#signals.run((signal) =>
      this.#runner.run({ key, experiment, backend, data }, { signal, onStep, checkpoints }),
    );
    const { parameters: _, ...result } = { parameters: null, ...made };
    return {
      ...result,
      backend: { ...result.backend, why },
      key,
      data: data?.key ?? null,
      digest: await hashRun(result),
    };
  }
}

/** Tells the failures of a store from those of a run. */
class Keeping {
  readonly #tasks: TaskGroup;
  failed = false;
  error: unknown;

  constructor(tasks: TaskGroup) {
    this.#tasks = tasks;
  }

  async done<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#tasks.run(work);
    } catch (error) {
      this.failed = true;
      this.error = error;
      throw error;
    }
  }
}
