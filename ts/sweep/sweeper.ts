import { ChildSignals } from "../async/childSignals.js";
import { TaskGroup } from "../async/taskGroup.js";
import { type BackendRecord, backendRecord, reasons } from "../backend/machineFor.js";
import { RunError } from "../errors/errors.js";
import type { SweepRun } from "../experiment/sweep.js";
import { hashRun } from "../format/hash.js";
import type { DataSource } from "../jobs/dataSource.js";
import { failureOf } from "../jobs/pool/outcome.js";
import { runKey } from "../jobs/runKey.js";
import type { Runner, TrainedRun } from "../jobs/runner.js";
import type { Kernels } from "../kernels/kernels.js";
import type { StoredRun } from "../store/runStore.js";
import { CHECKPOINT_EVERY, type Checkpoint } from "../train/checkpoint.js";
import type { KeyedDataset } from "../train/dataKey.js";
import type { Choice } from "../train/machine/chooseBackend.js";
import type { SweepOptions } from "./sweepOptions.js";
import { SweepCounter } from "./sweepProgress.js";
import type { FailedRun, SweptRun } from "./sweepResult.js";

/** The error of runs that are under way when the sweep ends. */
const LEFT = "the sweep ended before the run was done";

/** Makes the runs of one sweep, keeps them in its store, and counts them. */
export class Sweeper {
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
    const { name: backend, why, machine } = this.#choice;
    const { experiment } = run;
    const checkpoints = store && {
      from: await keeping.done(() => store.checkpoint(key)),
      every,
      save: (checkpoint: Checkpoint) => keeping.done(() => store.saveCheckpoint(key, checkpoint)),
    };
    const onStep = (step: number, steps: number) => this.counter.progress(run, step / steps);
    const job = { key, experiment, backend, data, ...(machine.threads && { machine }) };
    const made = await this.#signals.run((signal) =>
      this.#runner.run(job, { signal, onStep, checkpoints }),
    );
    const { parameters: _, ...result } = { parameters: null, ...made };
    return {
      ...result,
      backend: { ...result.backend, why: reasons(why, result.backend.why) },
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
