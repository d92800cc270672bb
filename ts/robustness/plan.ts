import { checkDataset } from "../data/checkDataset.js";
import type { Dataset } from "../data/dataset.js";
import { InputError, shown } from "../errors/errors.js";
import { isPlainObject } from "../schema/plainObject.js";
import { type LabelledImages, labelledImages } from "./images.js";
import { type RobustnessOptions, settingsIn, type TestSet } from "./options.js";
import { type FullSettings, fullSettings } from "./settings.js";
import { type PlannedModel, plannedModels, type RobustnessSubject } from "./subjects.js";
import { GENERATED_SHIFT, type OtherImages } from "./tasks.js";

const MOST_WORKERS = 1024;

/** All that is measured, checked. */
export interface RobustnessPlan {
  readonly settings: FullSettings;
  readonly models: readonly PlannedModel[];
  readonly clean: LabelledImages;
  readonly others: readonly OtherImages[];
}

/**
 * Checks everything that a measurement is given, before anything is trained or kept.
 * @throws InputError that names the field, its value and what it takes.
 */
export function robustnessPlan(
  subjects: readonly RobustnessSubject[],
  dataset: Dataset,
  options: RobustnessOptions = {},
): RobustnessPlan {
  if (!isPlainObject(options as unknown)) {
    throw new InputError("options", `options is ${shown(options)}: takes an object`);
  }
  const { testSets = [], workers = 0 } = options;
  if (!Number.isInteger(workers) || workers < 0 || workers > MOST_WORKERS) {
    throw new InputError(
      "workers",
      `workers is ${shown(workers)}: takes an integer from 0 to ${MOST_WORKERS}`,
    );
  }
  const settings = fullSettings(settingsIn(options), checkDataset(dataset).test?.rows ?? 0);
  const clean = labelledImages(dataset, dataset.test, settings.samples, "dataset");
  checkNames(testSets);
  const others = testSets.map((set) => otherImages(set, dataset, settings));
  return { settings, models: plannedModels(subjects, dataset), clean, others };
}

function otherImages(
  { name, dataset }: TestSet,
  { outputs }: Dataset,
  { samples }: FullSettings,
): OtherImages {
  checkDataset(dataset, `testSets: ${name}`);
  if (dataset.outputs > outputs) {
    throw new InputError(
      "testSets",
      `testSets: ${name} has ${dataset.outputs} classes: takes at most the networks' ${outputs}`,
    );
  }
  const split = dataset.test ?? dataset.train;
  const rows = Math.min(samples, split.rows);
  return { name, ...labelledImages({ ...dataset, name }, split, rows, "testSets") };
}

/** Test sets are told apart by their names alone. */
function checkNames(testSets: readonly TestSet[]): void {
  if (!Array.isArray(testSets)) {
    throw new InputError("testSets", `testSets is ${shown(testSets)}: takes a list of test sets`);
  }
  testSets.forEach((set, i) => {
    const field = `testSets.${i}`;
    if (!isPlainObject(set)) {
      throw new InputError(field, `${field} is ${shown(set)}: takes a name and a data set`);
    }
    const { name } = set;
    if (typeof name !== "string" || name === "" || name === GENERATED_SHIFT) {
      throw new InputError(
        `${field}.name`,
        `${field}.name is ${shown(name)}: takes a text other than "${GENERATED_SHIFT}"`,
      );
    }
    if (testSets.findIndex((other) => other.name === name) < i) {
      throw new InputError(
        `${field}.name`,
        `${field}.name is ${shown(name)} for two test sets: takes different names`,
      );
    }
  });
}
