import { InputError } from "../errors/errors.js";
import { parseWith } from "../schema/parseWith.js";
import { isPlainObject } from "../schema/plainObject.js";
import { checkSize } from "./checkSize.js";
import { DEFAULT_DATA, type Experiment, experimentSchema } from "./schema.js";

/**
 * Checks an experiment and fills in its defaults.
 * @throws InputError that names the first invalid field, its value, and what is accepted.
 */
export function parseExperiment(input: unknown): Experiment {
  const experiment = parseWith(experimentSchema, withDataNamed(input), "the experiment");
  if (experiment.epochs !== undefined && experiment.steps !== undefined) {
    throw new InputError(
      "steps",
      `steps is ${experiment.steps}, but epochs is given too (${experiment.epochs}): takes one of the two`,
    );
  }
  if (experiment.epochs === undefined && experiment.steps === undefined) experiment.epochs = 20;
  experiment.noise.forEach(checkSchedule);
  checkSize(experiment);
  return experiment;
}

/** Fills in the name of the data: `{ "data": { "train": 100 } }` changes the default data. */
function withDataNamed(input: unknown): unknown {
  const data = (input as { data?: unknown } | null | undefined)?.data;
  const unnamed = isPlainObject(data) && !("name" in data);
  return unnamed ? { ...(input as object), data: { ...data, name: DEFAULT_DATA } } : input;
}

/** Refuses a controller whose range does not hold the `sigma` that it begins with. */
function checkSchedule({ sigma, schedule }: Experiment["noise"][number], g: number): void {
  if (schedule?.kind !== "controller") return;
  const { least = 0, most = Number.POSITIVE_INFINITY } = schedule;
  const field = `noise.${g}.sigma`;
  if (sigma === 0) {
    throw new InputError(
      field,
      `${field} is 0: takes a number above 0, where its controller begins`,
    );
  }
  if (least > most) {
    const place = `noise.${g}.schedule.least`;
    throw new InputError(place, `${place} is ${least}: takes a number of at most most, ${most}`);
  }
  if (sigma < least || sigma > most) {
    throw new InputError(
      field,
      `${field} is ${sigma}: takes a number in the range of its controller, ${least} to ${most}`,
    );
  }
}
