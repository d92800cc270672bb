import { Lazy } from "../async/lazy.js";
import { type OnProgress, ProgressReporter } from "../async/progress.js";
import { isLost } from "../backend/gpuMachine.js";
import { backendRecord, reasons } from "../backend/machineFor.js";
import { parseExperiment } from "../experiment/parse.js";
import type { ExperimentInput } from "../experiment/schema.js";
import { loadKernels } from "../kernels/kernels.js";
import type { CheckpointStore } from "../store/runStore.js";
import { CHECKPOINT_EVERY, type Checkpoint } from "../train/checkpoint.js";
import type { RunResult } from "../train/experimentRun.js";
import { chooseBackend, type Threading } from "../train/machine/chooseBackend.js";
import { checkThreads } from "../train/machine/threads.js";
import type { PrepareOptions } from "../train/prepare.js";
import type { TrainerHooks } from "../train/trainer.js";
import { DataSource } from "./dataSource.js";
import { LocalRunner } from "./localRunner.js";
import { makeRunner, type WorkerOptions } from "./makeRunner.js";
import { runKey } from "./runKey.js";

export type { RunResult } from "../train/experimentRun.js";

/** How to train. */
export interface TrainOptions
  extends PrepareOptions,
    WorkerOptions,
    Pick<TrainerHooks, "onRecord" | "observer"> {
  /** Reports the updates made. */
  readonly onProgress?: OnProgress;
  /** Keeps checkpoints of the run until it is done. */
  readonly store?: CheckpointStore;
  /** Continues from the checkpoint in the store, if there is one. */
  readonly resume?: boolean;
  /** Seconds between checkpoints; default 30. */
  readonly checkpointEvery?: number;
  /**
   * Threads that share the work of the run on the CPU, 1 to 128, or `auto` (the default), which measures how many pay
   * and goes on measuring. Their number changes no bit. Node has them, and a page that is cross-origin isolated; elsewhere the run
   * is on one thread, and `backend.why` says so.
   */
  readonly threads?: number | "auto";
  /** @internal */
  readonly threading?: Threading;
}

/**
 * Trains the network of an experiment and says in which of the four phases the training was (Levi et al.,
 * arXiv:2210.13599). On a page it trains in a worker. If the GPU is lost and there is a store, the run continues from
 * its last checkpoint, on another GPU or else on the CPU; `backend.why` says so.
 * @throws InputError if the experiment is not valid or its data cannot be loaded; RunError if the machine fails;
 * the signal's reason if it is aborted.
 */
export async function train(
  input: ExperimentInput,
  options: TrainOptions = {},
): Promise<RunResult> {
  const experiment = parseExperiment(input);
  const { signal, store, gpu, observer, onRecord, threading } = options;
  const threads = checkThreads(options.threads);
  const kernels = options.kernels ?? (await loadKernels({ fast: options.fast }));
  const cpu = new Lazy(() => makeRunner({ ...options, backend: "wasm" }, 1, kernels));
  const source = new DataSource(cpu, options.dataset);
  const gpuRunner = new Lazy(() => makeRunner({ ...options, backend: "webgpu" }, 1, kernels));
  const progress = new ProgressReporter("step", options.onProgress);
  const hooks: TrainerHooks = {
    ...{ signal, observer, onRecord },
    onStep: (step, steps) => progress.report(step, steps),
  };
  try {
    const { machine, name, why } = await chooseBackend(options.backend ?? "auto", {
      ...{ experiment, kernels, gpu },
      cpu: threading,
      data: () => source.dataset(experiment, kernels, signal),
    });
    const data = await source.keyed(experiment, signal);
    const key = await runKey(experiment, data?.key ?? null, backendRecord(machine, kernels));
    // Loaded on demand: Node's entry, which has threads of its own, needs nothing of it.
    const paged =
      threading || name !== "wasm"
        ? null
        : await (await import("./pageThreads.js")).pageThreads(kernels, threads);
    const job = {
      key,
      experiment,
      backend: name,
      data,
      threads: paged?.order,
      ...(machine.threads && { machine }),
    };
    const explained = (result: RunResult, because = why): RunResult => {
      const all = reasons(because, result.backend.why ?? paged?.why);
      return { ...result, backend: { ...result.backend, why: all } };
    };
    const runner = await (name === "webgpu" ? gpuRunner : cpu).get();
    if (!store) return explained(await runner.run(job, hooks));
    const checkpoints = {
      from: options.resume ? await store.checkpoint(key) : null,
      every: options.checkpointEvery ?? CHECKPOINT_EVERY,
      save: (checkpoint: Checkpoint) => store.saveCheckpoint(key, checkpoint),
    };
    const result = await runner
      .run(job, { ...hooks, checkpoints })
      .then((made) => explained(made))
      .catch(async (error: Error) => {
        if (!isLost(machine)) throw error;
        const from = await store.checkpoint(key);
        const onCpu = { ...job, backend: "wasm" } as const;
        const made = await new LocalRunner(kernels, options.files).run(onCpu, {
          ...hooks,
          checkpoints: { ...checkpoints, from },
        });
        return explained(made, `${error.message}; it went on from step ${from?.step ?? 0} on wasm`);
      });
    await store.dropCheckpoint(key);
    return result;
  } finally {
    await cpu.ifMade((runner) => runner.dispose());
    await gpuRunner.ifMade((runner) => runner.dispose());
  }
}
