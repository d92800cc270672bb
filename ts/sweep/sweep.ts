import { asCompleted } from "../async/asCompleted.js";
import { FanOut } from "../async/childSignals.js";
import { Pace } from "../async/pause.js";
import { Gate } from "../async/taskGroup.js";
import { RunError } from "../errors/errors.js";
import type { Shard } from "../experiment/shard.js";
import { planning, type SweepInput, type SweepPlan, type SweepRun } from "../experiment/sweep.js";
import { canonicalJson, hashRun } from "../format/hash.js";
import { isGenerated, type KeyedDataset } from "../jobs/dataKey.js";
import { togetherOf } from "../jobs/ensembleGroup.js";
import { makeRunner, type RunnerOptions } from "../jobs/makeRunner.js";
import { errorOf, failureOf } from "../jobs/pool/outcome.js";
import { runKey } from "../jobs/runKey.js";
import type { Runner, TrainedRun } from "../jobs/runner.js";
import { loadKernels } from "../kernels/kernels.js";
import type { RunStore, StoredRun } from "../store/runStore.js";
import { CHECKPOINT_EVERY, type Checkpoint } from "../train/checkpoint.js";
import { type Choice, chooseBackend } from "../train/chooseBackend.js";
import { refined } from "./refine.js";
import { type SweepProgress, Tally } from "./sweepProgress.js";
import {
  type FailedRun,
  inOrder,
  type SweepResult,
  type SweptRun,
  summarised,
} from "./sweepResult.js";

export interface SweepOptions extends RunnerOptions {
  /** Ends the sweep with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SweepProgress) => void;
  /** Told of each run that fails; the others go on. */
  readonly onFailure?: (failure: FailedRun) => void;
  /** Where finished runs are kept: those that it has are not made again. */
  readonly store?: RunStore;
  /** Seconds between the checkpoints of a run; left out: 30. */
  readonly checkpointEvery?: number;
  /** Makes the runs; left out: workers or this thread, as the other options say. It is not disposed of. */
  readonly runner?: Runner<TrainedRun>;
  /** Makes one part of the runs only. */
  readonly shard?: Shard;
}

/**
 * A sweep under way: awaited, all of it; iterated over, each run as it is finished. One of the two. A loop that is left
 * ends the runs that are under way, before anything after it is done.
 */
export interface Sweep extends PromiseLike<SweepResult>, AsyncIterable<SweptRun> {}

/**
 * Trains every run of a sweep, on workers where there are any. Nothing starts before it is awaited or iterated
 * over; a run that fails does not keep the others from being made.
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
  return {
    [Symbol.asyncIterator]: () => take([]),
    // biome-ignore lint/suspicious/noThenProperty: it starts when awaited, so that iterating can start it instead.
    then: (resolve, reject) => {
      const failed: FailedRun[] = [];
      const all = async () => {
        const runs: SweptRun[] = [];
        for await (const run of take(failed)) runs.push(run);
        return summarised(inOrder(input, runs), failed);
      };
      return all().then(resolve, reject);
    },
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
  const kernels = options.kernels ?? (await loadKernels({ fast: options.fast }));
  // Runs of one sweep are all made by one machine: they are to be compared. Whoever else makes runs has a CPU.
  const wanted = options.backend ?? "auto";
  const backend = wanted === "auto" && options.runner ? "wasm" : wanted;
  const experiments = plan.runs.map(({ experiment }) => experiment);
  const threads = Math.max(1, Math.min(options.workers ?? wantedWorkers(plan), experiments.length));
  const runs = { all: experiments.length, together: togetherOf(experiments), threads };
  const work = { ...options, experiment: experiments[0], kernels, runs };
  const choice = await chooseBackend(backend, work);
  const own = { ...options, backend: choice.name };
  const runner = options.runner ?? (await makeRunner(own, wantedWorkers(plan), kernels));
  const sweeper = new Sweeper(runner, choice, options);
  const seen: Pick<SweptRun, "fields" | "phase">[] = [];
  try {
    let round = plan.runs.filter((_, i) => !shard || i % shard.of === shard.index);
    while (round.length > 0) {
      sweeper.tally.expect(round.length);
      // Twice as many as are made at once, so that no worker waits while a result is taken.
      for await (const run of asCompleted(round, 2 * runner.size, (one) => sweeper.make(one))) {
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
    await sweeper.close();
    if (runner !== options.runner) await runner.dispose();
  }
}

async function planned(input: SweepInput): Promise<SweepPlan> {
  const plan = planning(input);
  for (const pace = new Pace(); ; ) {
    const { done, value } = plan.next();
    if (done) return value;
    if (pace.due) await pace.rest();
  }
}

/** Why runs end that are under way when a sweep does. */
const LEFT = "the sweep was left before the run was done";

function wantedWorkers({ runs, refine }: SweepPlan): number {
  const cores = globalThis.navigator?.hardwareConcurrency ?? 1;
  return refine ? cores : Math.min(cores, runs.length);
}

class Sweeper {
  readonly tally: Tally;
  readonly #runner: Runner<TrainedRun>;
  readonly #choice: Choice;
  readonly #options: SweepOptions;
  readonly #signals: FanOut;
  /** The way to the store. */
  readonly #gate = new Gate(LEFT);
  /** Runs under way, by key: of two that differ in nothing one is made. */
  readonly #making = new Map<string, Promise<StoredRun>>();
  /** The file data in use: the last set alone, or memory would grow with a sweep over data. */
  #data: { readonly spec: string; readonly loaded: Promise<KeyedDataset> } | null = null;

  constructor(runner: Runner<TrainedRun>, choice: Choice, options: SweepOptions) {
    this.#runner = runner;
    this.#choice = choice;
    this.#options = options;
    this.#signals = new FanOut(options.signal);
    this.tally = new Tally(options.onProgress);
  }

  /** Leaves the runs that are under way: once it resolves nothing more is asked of the store, and nobody is told anything. */
  async close(): Promise<void> {
    this.tally.close();
    this.#signals.close(new RunError(LEFT));
    await this.#gate.close();
  }

  /**
   * Makes a run, or takes it from the store.
   * @throws what the store throws: a sweep whose results cannot be kept had better stop.
   */
  async make(run: SweepRun): Promise<SweptRun | FailedRun> {
    const { store, signal } = this.#options;
    const keeping = new Keeping(this.#gate);
    try {
      const data = await this.#dataOf(run);
      const key = await runKey(run.experiment, data?.key ?? null, this.#choice.machine);
      const known = store?.get(key);
      const trajectory = known && (await store?.trajectory(key));
      if (store && known && trajectory) {
        // A crash may have come between keeping the run and letting go of what had led to it.
        await keeping.done(() => store.dropCheckpoint(key));
        await this.#runner.forget?.(key);
        this.tally.known();
        return { ...known, trajectory, fields: run.fields };
      }
      const making = this.#making.get(key) ?? this.#kept(run, key, data, keeping);
      this.#making.set(key, making);
      const made = await making.finally(() => this.#making.delete(key));
      this.tally.done(run);
      return { ...made, fields: run.fields };
    } catch (error) {
      signal?.throwIfAborted();
      if (keeping.failed) throw keeping.error;
      if (this.#gate.closed) throw error;
      this.tally.done(run);
      return { ...run, failure: failureOf(error) };
    }
  }

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
    const onProgress = (step: number, steps: number) => this.tally.progress(run, step / steps);
    const made = await this.#signals.during((signal) =>
      this.#runner.run({ key, experiment, backend, data }, { signal, onProgress, checkpoints }),
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

  async #dataOf({ experiment }: SweepRun): Promise<KeyedDataset | null> {
    if (isGenerated(experiment.data)) return null;
    const spec = canonicalJson(experiment.data);
    if (this.#data?.spec !== spec) {
      const loaded = this.#runner.load(experiment.data, this.#options.signal);
      this.#data = { spec, loaded };
    }
    return this.#data.loaded;
  }
}

/** Tells a store's failures from a run's own. */
class Keeping {
  readonly #gate: Gate;
  failed = false;
  error: unknown;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  async done<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#gate.pass(work);
    } catch (error) {
      this.failed = true;
      this.error = error;
      throw error;
    }
  }
}
