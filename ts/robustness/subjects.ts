import type { Dataset } from "../data/dataset.js";
import { InputError, shown } from "../errors/errors.js";
import { parseExperiment } from "../experiment/parse.js";
import type { Experiment, ExperimentInput } from "../experiment/schema.js";
import type { Network } from "../program/network.js";
import { isPlainObject } from "../schema/plainObject.js";
import { planOf } from "../train/plan.js";
import { checkNetwork } from "./checkNetwork.js";
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

/** One model that a subject consists of: a network to train, or one that was given. */
export type PlannedModel = { readonly subject: number } & (
  | { readonly name: string; readonly experiment: Experiment; readonly network: Network }
  | { readonly given: Model }
);

const MOST_SEEDS = 1000;
const FIELDS = { trained: ["name", "experiment", "seeds"], given: ["name", "networks"] };

/**
 * The models of all subjects, in order.
 * @throws InputError if a subject is not valid or does not fit the data.
 */
export function plannedModels(
  subjects: readonly RobustnessSubject[],
  dataset: Dataset,
): PlannedModel[] {
  checkNames(subjects);
  return subjects.flatMap((subject, s): PlannedModel[] => {
    if ("networks" in subject) {
      return networksOf(subject).map((own) => ({ subject: s, given: modelOn(dataset, own) }));
    }
    return experimentsOf(subject).map((experiment) => ({
      ...{ subject: s, name: subject.name, experiment },
      network: planOf(experiment, dataset).network,
    }));
  });
}

function networksOf({ name, networks }: GivenSubject): GivenSubject["networks"] {
  if (!Array.isArray(networks)) {
    throw new InputError("networks", `networks of ${name} is ${shown(networks)}: takes a list`);
  }
  if (networks.length === 0) {
    throw new InputError("networks", `networks of ${name} is empty: takes one or more`);
  }
  networks.forEach((own, k) => {
    checkNetwork(own, `networks.${k}`);
  });
  return networks;
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

function checkNames(subjects: readonly RobustnessSubject[]): void {
  if (!Array.isArray(subjects)) {
    throw new InputError("subjects", `subjects is ${shown(subjects)}: takes a list of networks`);
  }
  if (subjects.length === 0) {
    throw new InputError("subjects", "subjects is empty: takes one network or more");
  }
  subjects.forEach(checkFields);
  const names = subjects.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) {
    throw new InputError("name", `name is ${shown(twice)} for two networks: takes different names`);
  }
}

function checkFields(subject: RobustnessSubject, s: number): void {
  const field = `subjects.${s}`;
  if (!isPlainObject(subject)) {
    throw new InputError(field, `${field} is ${shown(subject)}: takes a name and an experiment`);
  }
  const known = "networks" in subject ? FIELDS.given : FIELDS.trained;
  const stray = Object.keys(subject).find((key) => !known.includes(key));
  if (stray !== undefined) {
    const place = `${field}.${stray}`;
    throw new InputError(
      place,
      `${place} is not a field here: the known ones are ${known.join(", ")}`,
    );
  }
  const { name } = subject;
  if (typeof name === "string" && name !== "") return;
  throw new InputError(`${field}.name`, `${field}.name is ${shown(name)}: takes a text`);
}
