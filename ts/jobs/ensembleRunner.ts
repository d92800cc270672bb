import { pause } from "../async/pause.js";
import { isLost } from "../backend/gpuMachine.js";
import type { Machine } from "../backend/machine.js";
import { machineFor } from "../backend/machineFor.js";
import type { GpuOptions } from "../backend/webgpu/gpu.js";
import type { Dataset } from "../data/dataset.js";
import { type FileSource, loadDataset } from "../data/load.js";
import type { DataSpec } from "../data/specs.js";
import { RunError } from "../errors/errors.js";
import { canonicalJson } from "../format/hash.js";
import type { Kernels } from "../kernels/instance.js";
import { Streams } from "../random/streams.js";
import { hashDataset, type KeyedDataset } from "../train/dataKey.js";
import { type RunResult, resultOf } from "../train/experimentRun.js";
import { Prepared } from "../train/prepare.js";
import type { TrainerHooks } from "../train/trainer.js";
import { DatasetCache } from "./datasetCache.js";
import { ensembleGroupOf, MAX_REPLICAS } from "./ensembleGroup.js";
import { runEnsemble } from "./ensembleTraining.js";
import type { Job, Runner } from "./runner.js";

/** A run may lose this many devices before it fails: one more loss is hardly an accident. */
const LOSSES = 2;

interface Waiting {
  readonly job: Job;
  readonly hooks: TrainerHooks;
  /** Number of devices that the run has lost. */
  readonly losses: number;
  /** Ends the run, by the caller's signal or because the runner is disposed of. */
  readonly end: AbortController;
  readonly take: (result: RunResult) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Makes runs on the GPU. Runs that differ only in the noise's `sigma` train at once, as replicas of one program. If the
 * device is lost, a run with checkpoints continues from its last one on another device.
 */
export class EnsembleRunner implements Runner {
  // A sweep asks for twice as many runs at a time.
  readonly size = MAX_REPLICAS / 2;
  readonly #kernels: Kernels;
  readonly #files: FileSource | undefined;
  readonly #gpu: GpuOptions | undefined;
  readonly #cache: DatasetCache;
  #waiting: Waiting[] = [];
  /** The runs that train now. */
  #training: readonly Waiting[] = [];
  #working: Promise<void> | null = null;
  #disposed: RunError | null = null;

  constructor(kernels: Kernels, files?: FileSource, gpu?: GpuOptions) {
    this.#kernels = kernels;
    this.#files = files;
    this.#gpu = gpu;
    this.#cache = new DatasetCache(kernels);
  }

  async load(data: DataSpec): Promise<KeyedDataset> {
    const dataset = await loadDataset(data, new Streams(this.#kernels, 0), this.#files);
    return { key: await hashDataset(dataset), dataset };
  }

  /** An aborted run ends at once if it has not begun, and otherwise at its next pause. */
  async run(job: Job, hooks: TrainerHooks = {}): Promise<RunResult> {
    const { signal } = hooks;
    signal?.throwIfAborted();
    if (this.#disposed) throw this.#disposed;
    const end = new AbortController();
    const aborted = () => this.#end(end, signal?.reason);
    signal?.addEventListener("abort", aborted, { once: true });
    try {
      return await new Promise<RunResult>((take, fail) => {
        const own = remembering({ ...hooks, signal: end.signal });
        this.#waiting.push({ job, hooks: own, losses: 0, end, take, fail });
        this.#working ??= this.#work();
      });
    } finally {
      signal?.removeEventListener("abort", aborted);
    }
  }

  /** Ends all runs, and waits until none uses the GPU any more. */
  async dispose(): Promise<void> {
    this.#disposed ??= new RunError("the runs ended early: their runner was disposed of");
    for (const { end } of [...this.#waiting, ...this.#training]) this.#end(end, this.#disposed);
    await this.#working;
  }

  #end(end: AbortController, reason: unknown): void {
    end.abort(reason);
    const ended = this.#waiting.filter((one) => one.end === end);
    this.#waiting = this.#waiting.filter((one) => one.end !== end);
    for (const { fail } of ended) fail(reason);
  }

  async #work(): Promise<void> {
    // Lets the caller ask for all the runs that belong together.
    await pause();
    while (this.#waiting.length > 0) {
      const key = groupKeyOf(this.#waiting[0]);
      const group = this.#waiting.filter((one) => groupKeyOf(one) === key).slice(0, MAX_REPLICAS);
      this.#waiting = this.#waiting.filter((one) => !group.includes(one));
      this.#training = group;
      await this.#train(group);
    }
    this.#training = [];
    this.#working = null;
  }

  async #train(group: readonly Waiting[]): Promise<void> {
    const { experiment, backend, data } = group[0].job;
    let machine: Machine | undefined;
    const failed = (one: Waiting, error: unknown) => {
      const lost = machine && isLost(machine) && !this.#gpu?.device && one.losses < LOSSES;
      const another = lost && !one.end.signal.aborted;
      if (another && one.hooks.checkpoints) this.#waiting.push({ ...one, losses: one.losses + 1 });
      else one.fail(error);
    };
    try {
      const dataset: Dataset = data?.dataset ?? (await this.#cache.generated(experiment));
      // Runs may be aborted while the data and the device are made ready.
      remaining(group);
      machine = await machineFor(backend, this.#kernels, this.#gpu);
      const live = remaining(group);
      const dataKey = data?.key ?? null;
      const host = { kernels: this.#kernels, data: dataset, dataKey, machine };
      const members = live.map(({ job, hooks }) => ({
        setup: new Prepared(job.experiment, host),
        hooks,
      }));
      const settled = await runEnsemble(machine, members);
      settled.forEach((result, r) => {
        if (result.status === "rejected") failed(live[r], result.reason);
        else live[r].take(resultOf(members[r].setup, result.value));
      });
    } catch (error) {
      for (const one of group) failed(one, error);
    }
  }
}

/** The runs of a group that are not aborted. @throws the reason if all are. */
function remaining(group: readonly Waiting[]): Waiting[] {
  const live = group.filter(({ end }) => !end.signal.aborted);
  if (live.length === 0) group[0].end.signal.throwIfAborted();
  for (const { end, fail } of group) if (end.signal.aborted) fail(end.signal.reason);
  return live;
}

/** Hooks that remember the last checkpoint that was saved, so that a retry starts there. */
function remembering(hooks: TrainerHooks): TrainerHooks {
  const { checkpoints } = hooks;
  if (!checkpoints) return hooks;
  let last = checkpoints.from;
  return {
    ...hooks,
    checkpoints: {
      get from() {
        return last;
      },
      every: checkpoints.every,
      save: async (checkpoint) => {
        await checkpoints.save?.(checkpoint);
        last = checkpoint;
      },
    },
  };
}

/** Runs with equal keys train at once: they differ only in the noise's `sigma`, and start from the same step. */
function groupKeyOf({ job: { experiment, backend, data }, hooks }: Waiting): string {
  const from = hooks.checkpoints?.from?.step ?? 0;
  return canonicalJson([ensembleGroupOf(experiment), backend, data?.key ?? null, from]);
}
