import { isLost } from "../backend/gpuMachine.js";
import type { Dataset } from "../data/dataset.js";
import { parseExperiment } from "../experiment/parse.js";
import type { ExperimentInput } from "../experiment/schema.js";
import { loadKernels } from "../kernels/kernels.js";
import type { CheckpointStore } from "../store/runStore.js";
import { CHECKPOINT_EVERY, type Checkpoint } from "../train/checkpoint.js";
import { chooseBackend } from "../train/chooseBackend.js";
import type { RunResult } from "../train/experimentRun.js";
import type { TrainerHooks } from "../train/trainer.js";
import { hashDataset, isGenerated } from "./dataKey.js";
import { LocalRunner } from "./localRunner.js";
import { makeRunner, type RunnerOptions } from "./makeRunner.js";
import { runKey } from "./runKey.js";

export type { RunResult } from "../train/experimentRun.js";

export interface TrainOptions extends TrainerHooks, RunnerOptions {
  /** Data that is loaded already; `experiment.data` then only names it. */
  readonly dataset?: Dataset;
  /** Where the run's state is kept now and then, until it is done. */
  readonly store?: CheckpointStore;
  /** Goes on from the state that is in the store, if there is one. */
  readonly resume?: boolean;
  /** Seconds between checkpoints; left out: 30. */
  readonly checkpointEvery?: number;
}

/**
 * Trains the network of an experiment and says in which of the four phases it did so (Levi et al.,
 * arXiv:2210.13599). On a page it does so in a worker. With a store, a run whose GPU is lost goes on from its last
 * checkpoint on another, or else on the CPU; `backend.why` says so.
 * @throws InputError if the experiment is not valid or its data cannot be had; RunError if the machine fails;
 * the signal's reason if it is aborted.
 */
export async function train(
  input: ExperimentInput,
  options: TrainOptions = {},
): Promise<RunResult> {
  const experiment = parseExperiment(input);
  const { dataset, signal, store } = options;
  const kernels = options.kernels ?? (await loadKernels({ fast: options.fast }));
  const work = { ...options, experiment, kernels };
  const { machine, name: backend, why } = await chooseBackend(options.backend ?? "auto", work);
  const runner = await makeRunner({ ...options, backend }, 1, kernels);
  try {
    const given = dataset && { key: await hashDataset(dataset), dataset };
    const generated = isGenerated(experiment.data);
    const data = given ?? (generated ? null : await runner.load(experiment.data, signal));
    const key = await runKey(experiment, data?.key ?? null, machine);
    const job = { key, experiment, backend, data };
    if (!store) return explained(await runner.run(job, options), why);
    const checkpoints = {
      from: options.resume ? await store.checkpoint(key) : null,
      every: options.checkpointEvery ?? CHECKPOINT_EVERY,
      save: (checkpoint: Checkpoint) => store.saveCheckpoint(key, checkpoint),
    };
    const result = await runner
      .run(job, { ...options, checkpoints })
      .then((made) => explained(made, why))
      .catch(async (error: Error) => {
        if (!isLost(machine)) throw error;
        const from = await store.checkpoint(key);
        const cpu = new LocalRunner(kernels, options.files);
        const onCpu = { ...job, backend: "wasm" } as const;
        const made = await cpu.run(onCpu, { ...options, checkpoints: { ...checkpoints, from } });
        return explained(made, `${error.message}; it went on from step ${from?.step ?? 0} on wasm`);
      });
    await store.dropCheckpoint(key);
    return result;
  } finally {
    await runner.dispose();
  }
}

function explained(result: RunResult, why: string): RunResult {
  return { ...result, backend: { ...result.backend, why } };
}
