import { backendRecord, machineFor } from "../backend/machineFor.js";
import { type Dataset, recordOf } from "../data/dataset.js";
import { loadKernels } from "../kernels/kernels.js";
import { Streams } from "../random/streams.js";
import { hashDataset } from "../train/dataKey.js";
import { Job } from "./job.js";
import type { RobustnessOptions } from "./options.js";
import { robustnessPlan } from "./plan.js";
import type { RobustnessResult } from "./robustnessResult.js";
import type { RobustnessSubject } from "./subjects.js";
import { type MeasuredNetwork, summarise } from "./summarise.js";
import { trainedModels } from "./trainedModels.js";

export type { RobustnessOptions, RobustnessStore, TestSet } from "./options.js";

/**
 * Measures how robust networks are: their accuracy on the test images of a data set, on corrupted ones, under attacks and
 * on images of another domain. All networks, and all their seeds, see the same pixels. The forward pass is deterministic
 * and without noise.
 * @param subjects networks to train, or trained ones; differences are to the first.
 * @param dataset grey images of 28 x 28 pixels with classes, stored as bytes or as numbers from 0 to 1.
 * @throws InputError that names the field, its value and what it takes; the signal's reason if it is aborted.
 */
export async function robustness(
  subjects: readonly RobustnessSubject[],
  dataset: Dataset,
  options: RobustnessOptions = {},
): Promise<RobustnessResult> {
  const plan = robustnessPlan(subjects, dataset, options);
  const { backend: name = "auto", gpu, fast, signal, kernels: given, workers, spawn } = options;
  const { onProgress, store } = options;
  signal?.throwIfAborted();
  const kernels = given ?? (await loadKernels({ fast }));
  const machine = await machineFor(name, kernels, gpu);
  const backend = backendRecord(machine, kernels);
  const host = { kernels, backend, gpu, signal, store, workers, spawn, onProgress };
  const made = await trainedModels(plan.models, dataset, host);
  const models = made.map(({ model }) => model);
  const { settings } = plan;
  const streams = new Streams(kernels, settings.seed);
  const job = new Job({ ...plan, machine, backend, models, streams, store });
  const measured = await job.run(onProgress, signal);
  const networks = subjects.map(({ name: subject }, s): MeasuredNetwork => {
    const own = plan.models.flatMap((model, i) => (model.subject === s ? [i] : []));
    const entries = [...measured].map(([task, all]) => [task, own.map((i) => all[i])] as const);
    const doses = own.map((i) => made[i].dose);
    return { name: subject, measured: new Map(entries), doses };
  });
  return {
    networks: networks.map((one, s) => summarise(one, s === 0 ? null : networks[0], settings)),
    settings,
    dataset: recordOf(dataset, await hashDataset(dataset)),
    backend,
  };
}
