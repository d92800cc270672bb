import { pause } from "../async/pause.js";
import { isLost } from "../backend/gpuMachine.js";
import type { Machine } from "../backend/machine.js";
import { machineFor } from "../backend/machineFor.js";
import type { GpuOptions } from "../backend/webgpu/gpu.js";
import type { Dataset } from "../data/dataset.js";
import { type FileSource, loadDataset } from "../data/load.js";
import type { DataSpec } from "../data/specs.js";
import { canonicalJson } from "../format/hash.js";
import type { Kernels } from "../kernels/instance.js";
import { Streams } from "../random/streams.js";
import { type RunResult, resultOf } from "../train/experimentRun.js";
import { Prepared } from "../train/prepare.js";
import type { TrainerHooks } from "../train/trainer.js";
import { hashDataset, type KeyedDataset } from "./dataKey.js";
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
  #working = false;

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

  run(job: Job, hooks: TrainerHooks = {}): Promise<RunResult> {
    return new Promise((take, fail) => {
      this.#waiting.push({ job, hooks: remembering(hooks), losses: 0, take, fail });
      this.#work();
    });
  }

  async dispose(): Promise<void> {}

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    // Lets the caller ask for all the runs that belong together.
    await pause();
    while (this.#waiting.length > 0) {
      const key = groupKeyOf(this.#waiting[0]);
      const group = this.#waiting.filter((one) => groupKeyOf(one) === key).slice(0, MAX_REPLICAS);
      this.#waiting = this.#waiting.filter((one) => !group.includes(one));
      await this.#train(group);
    }
    this.#working = false;
  }

  async #train(group: readonly Waiting[]): Promise<void> {
    const { experiment, backend, data } = group[0].job;
    let machine: Machine | undefined;
    const failed = (one: Waiting, error: unknown) => {
      const another = machine && isLost(machine) && !this.#gpu?.device && one.losses < LOSSES;
      if (another && one.hooks.checkpoints) this.#waiting.push({ ...one, losses: one.losses + 1 });
      else one.fail(error);
    };
    try {
      const dataset: Dataset = data?.dataset ?? (await this.#cache.generated(experiment));
      machine = await machineFor(backend, this.#kernels, this.#gpu);
      const host = { kernels: this.#kernels, data: dataset, machine };
      const members = group.map(({ job, hooks }) => ({
        setup: new Prepared(job.experiment, host),
        hooks,
      }));
      const settled = await runEnsemble(machine, members);
      settled.forEach((result, r) => {
        if (result.status === "rejected") failed(group[r], result.reason);
        else group[r].take(resultOf(members[r].setup, result.value));
      });
    } catch (error) {
      for (const one of group) failed(one, error);
    }
  }
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
