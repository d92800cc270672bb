import type { BackendRecord } from "../backend/machineFor.js";
import type { Dataset } from "../data/dataset.js";
import { InputError, shown } from "../errors/errors.js";
import { parseExperiment } from "../experiment/parse.js";
import type { Experiment, ExperimentInput } from "../experiment/schema.js";
import { runKey } from "../jobs/runKey.js";
import { train } from "../jobs/train.js";
import type { Kernels } from "../kernels/kernels.js";
import type { MeasurementStore, TrainedNetwork } from "../store/measurements.js";
import { hashDataset } from "../train/dataKey.js";
import { planOf } from "../train/plan.js";
import type { HostOptions } from "../train/prepare.js";
import type { Dose } from "../train/record/dose.js";
import { type Model, modelOn } from "./model.js";

/** A network to be trained, once for each seed. */
export interface TrainedSubject {
  /** Its name in results. */
  readonly name: string;
  /** What to train. Its `data` does not matter: all networks see the same data set. */
  readonly experiment: ExperimentInput;
  /** Number of seeds, from the experiment's own seed on: 1 if left out. */
  readonly seeds?: number;
}

/** A network that is trained already, or several of different seeds. */
export interface GivenSubject {
  /** Its name in results. */
  readonly name: string;
  /** Widths, activation, loss and parameters of each, as `readNetwork` returns them. */
  readonly networks: readonly Pick<Model, "network" | "parameters">[];
}

/** What is measured under one name. */
export type RobustnessSubject = TrainedSubject | GivenSubject;

/** One model that a subject consists of. It is made when it is needed. */
export interface PlannedModel {
  readonly subject: number;
  readonly make: () => Promise<MadeModel>;
}

/** A model that is ready to be measured. */
export interface MadeModel {
  readonly model: Model;
  /** What its noise nodes paid in training; null without noise nodes, or if it was not trained here. */
  readonly dose: Dose | null;
}

/** What making models may use. */
export interface ModelHost extends Pick<HostOptions, "gpu" | "files" | "signal"> {
  readonly kernels: Kernels;
  readonly backend: BackendRecord;
  readonly store?: Pick<MeasurementStore, "network" | "putNetwork">;
}

const MOST_SEEDS = 1000;

/**
 * The models of all subjects, in order.
 * @throws InputError if a subject is not valid or does not fit the data.
 */
export async function plannedModels(
  subjects: readonly RobustnessSubject[],
  dataset: Dataset,
  host: ModelHost,
): Promise<PlannedModel[]> {
  checkNames(subjects);
  const dataKey = await hashDataset(dataset);
  return subjects.flatMap((subject, s) => {
    if ("networks" in subject) {
      if (subject.networks.length === 0) {
        throw new InputError("networks", `networks of ${subject.name} is empty: takes one or more`);
      }
      return subject.networks.map((own) => {
        const model = modelOn(dataset, own);
        return { subject: s, make: async () => ({ model, dose: null }) };
      });
    }
    return experimentsOf(subject).map((experiment) => {
      const { network } = planOf(experiment, dataset);
      const make = async () => {
        const { dose, ...parameters } = await trained(experiment, dataset, dataKey, host);
        return { model: modelOn(dataset, { network, parameters }), dose };
      };
      return { subject: s, make };
    });
  });
}

function experimentsOf({ name, experiment, seeds = 1 }: TrainedSubject): Experiment[] {
  if (!Number.isInteger(seeds) || seeds < 1 || seeds > MOST_SEEDS) {
    throw new InputError(
      "seeds",
      `seeds of ${name} is ${shown(seeds)}: takes an integer from 1 to ${MOST_SEEDS}`,
    );
  }
  const parsed = parseExperiment(experiment);
  return Array.from({ length: seeds }, (_, k) =>
    parseExperiment({ ...parsed, seed: parsed.seed + k }),
  );
}

/** The trained network: that in the store, or a newly trained one, which the store then keeps. */
async function trained(
  experiment: Experiment,
  dataset: Dataset,
  dataKey: string,
  { kernels, backend, gpu, files, signal, store }: ModelHost,
): Promise<TrainedNetwork> {
  const key = await runKey(experiment, dataKey, backend);
  const kept = await store?.network(key);
  if (kept) return kept;
  const name = backend.name as "wasm" | "webgpu" | "reference";
  const { parameters, dose } = await train(experiment, {
    ...{ dataset, kernels, backend: name },
    ...{ gpu, files, signal },
  });
  const { weights, biases } = parameters;
  const made = { weights, biases, dose };
  await store?.putNetwork(key, made);
  return made;
}

function checkNames(subjects: readonly RobustnessSubject[]): void {
  if (!Array.isArray(subjects) || subjects.length === 0) {
    throw new InputError("subjects", "subjects is empty: takes one network or more");
  }
  const names = subjects.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) {
    throw new InputError("name", `name is ${shown(twice)} for two networks: takes different names`);
  }
}
