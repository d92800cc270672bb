import { InputError, shown } from "../errors/errors.js";
import { parseExperiment } from "./parse.js";
import { fieldAt, withField } from "./paths.js";
import { sweepValues } from "./range.js";
import type { Experiment, ExperimentInput } from "./schema.js";

/** An experiment, and the values that some of its fields are to take: `{ "noise.0.sigma": "0.01:100:30", "seed": [0, 1] }`. */
export type SweepInput = ExperimentInput & { readonly sweep?: Record<string, unknown> };

export interface SweepRun {
  /** The swept fields' values, by dotted path. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly experiment: Experiment;
}

const MAX_RUNS = 1e6;

/**
 * All runs of a sweep: the product of the fields' values, the last field changing fastest.
 * @throws InputError, before anything runs, if any of them is not a valid experiment.
 */
export function sweepRuns(input: unknown): SweepRun[] {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw new InputError("the experiment", `the experiment is ${shown(input)}: takes an object`);
  }
  const { sweep = {}, ...base } = input as SweepInput;
  if (typeof sweep !== "object" || sweep === null || Array.isArray(sweep)) {
    throw new InputError(
      "sweep",
      `sweep is ${shown(sweep)}: takes an object of fields and their values`,
    );
  }
  const axes = Object.entries(sweep).map(
    ([field, spec]) => [field, sweepValues(`sweep.${field}`, spec)] as const,
  );
  const count = axes.reduce((product, [, values]) => product * values.length, 1);
  if (count > MAX_RUNS) {
    throw new InputError("sweep", `sweep asks for ${count} runs: takes at most ${MAX_RUNS}`);
  }
  let points: { fields: Record<string, unknown>; json: unknown }[] = [{ fields: {}, json: base }];
  for (const [field, values] of axes) {
    points = points.flatMap(({ fields, json }) =>
      values.map((value) => ({
        fields: { ...fields, [field]: value },
        json: withField(json, field, value),
      })),
    );
  }
  return points.map(({ fields, json }) => ({ fields, experiment: parseExperiment(json) }));
}

/** The `sigma` of an experiment's first noise group; 0 without noise. */
export function firstSigma(experiment: Experiment): number {
  return (fieldAt(experiment, "noise.0.sigma") as number | undefined) ?? 0;
}
