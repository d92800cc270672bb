import * as v from "valibot";
import { InputError, shown } from "../errors/errors.js";
import { parseWith } from "../schema/parseWith.js";
import { isPlainObject } from "../schema/plainObject.js";
import { choice, integer, list, real } from "../schema/takes.js";
import { parseExperiment } from "./parse.js";
import { fieldAt, keysOf, withField } from "./paths.js";
import { sweepValues } from "./range.js";
import type { Experiment, ExperimentInput } from "./schema.js";

/**
 * An experiment, and the values that some of its fields take: `{ "noise.0.sigma": "0.01:100:30" }`. Fields that change
 * together are named together: `"noise.0.sigma,epochs": [[1, 50], [10, 20]]`.
 */
export interface SweepInput extends ExperimentInput {
  /** The swept fields. If left out or empty, there is one run. */
  readonly sweep?: SweptFields;
}

/** Values of swept fields, by dotted path: a list, or `a:b:n` for n logarithmically spaced values from a to b. */
export interface SweptFields {
  readonly [path: string]: unknown;
  /** Runs everything with this many seeds, starting from the experiment's seed. */
  readonly repeats?: number;
  /** Adds runs where neighbouring phases differ. */
  readonly refine?: Partial<Refine>;
}

/** How a sweep is refined: by bisecting the brackets of its boundaries. */
export interface Refine {
  /** The field along which phases change: `noise.0.sigma` if left out. */
  field: string;
  /** Relative width of a bracket at which its refinement ends: 0.05 if left out. */
  precision: number;
  /** The boundaries to refine: all three if left out. */
  boundaries: ("decay" | "catapult" | "divergent")[];
}

const refineSchema = v.strictObject({
  field: v.optional(v.string("takes a field's path"), "noise.0.sigma"),
  precision: v.optional(real(1e-6, { max: 10 }), 0.05),
  boundaries: v.optional(
    list(choice(["decay", "catapult", "divergent"]), 3, "takes a list of boundaries"),
    ["decay", "catapult", "divergent"],
  ),
});

/** One run of a sweep. */
export interface SweepRun {
  /** Values of the swept fields, by dotted path. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The whole experiment of the run. */
  readonly experiment: Experiment;
}

/** The runs of a sweep. */
export interface SweepPlan {
  /** All runs. The last swept field changes fastest. */
  readonly runs: readonly SweepRun[];
  /** How runs are added after these are done; null if none are added. */
  readonly refine: Refine | null;
  /** Makes the run for other values of the swept fields. */
  readonly at: (fields: SweepRun["fields"]) => SweepRun;
}

/** Largest number of runs. All of them are kept in memory, and each is checked before the first one starts. */
const MAX_RUNS = 1e5;
const MAX_FIELDS = 32;

/**
 * All runs of a sweep: the product of the fields' values. The last field changes fastest.
 * @throws InputError, before anything runs, if one of them is not a valid experiment.
 */
export function sweepPlan(input: unknown): SweepPlan {
  const plan = planning(input);
  for (;;) {
    const { done, value } = plan.next();
    if (done) return value;
  }
}

/**
 * `sweepPlan` as a generator that yields after each run, because thousands of runs would block a page's thread for too
 * long.
 */
export function* planning(input: unknown): Generator<undefined, SweepPlan> {
  const { base, fields, points, refine } = sweepPoints(input);
  const at = (values: SweepRun["fields"]): SweepRun => {
    const json = Object.entries(values).reduce<unknown>(
      (node, [field, value]) => withField(node, field, value),
      base,
    );
    return { fields: values, experiment: parseExperiment(json) };
  };
  const runs: SweepRun[] = [];
  for (const point of points) {
    runs.push(at(point));
    yield;
  }
  return { runs, refine: refinement(refine, fields, runs, at), at };
}

/** The values of the swept fields for each run, in the runs' order, and the other parts of a sweep. */
export function sweepPoints(input: unknown) {
  if (!isPlainObject(input)) {
    throw new InputError("the experiment", `the experiment is ${shown(input)}: takes an object`);
  }
  const { sweep = {}, ...base } = input as SweepInput;
  if (!isPlainObject(sweep)) {
    throw new InputError(
      "sweep",
      `sweep is ${shown(sweep)}: takes an object of fields and their values`,
    );
  }
  const { repeats, refine, ...fields } = sweep;
  refuseOverlaps(Object.keys(fields));
  const axes = Object.entries(fields).map(([names, spec]) => axis(names, spec));
  if (repeats !== undefined) axes.push(seeds(base, repeats, fields));
  const count = axes.reduce((product, values) => product * values.length, 1);
  if (count > MAX_RUNS) {
    throw new InputError("sweep", `sweep asks for ${count} runs: takes at most ${MAX_RUNS}`);
  }
  let points: SweepRun["fields"][] = [{}];
  for (const values of axes) {
    points = points.flatMap((point) => values.map((more) => ({ ...point, ...more })));
  }
  return { base, fields, points, refine };
}

/** The runs of a sweep before any refinement. */
export function sweepRuns(input: unknown): SweepRun[] {
  return [...sweepPlan(input).runs];
}

/** Refuses swept fields that contain each other, because one would overwrite the values of the other. */
function refuseOverlaps(axes: readonly string[]): void {
  const fields = axes.flatMap(fieldsOf);
  if (fields.length > MAX_FIELDS) {
    throw new InputError("sweep", `sweep has ${fields.length} fields: takes at most ${MAX_FIELDS}`);
  }
  fields.forEach((field, i) => {
    const keys = keysOf(field);
    const outer = fields.find(
      (other, j) => i !== j && keys.some((_, k) => keys.slice(0, k + 1).join(".") === other),
    );
    if (outer !== undefined) {
      throw new InputError(
        `sweep.${field}`,
        `sweep.${field} is swept by sweep.${outer} too: takes fields that do not contain each other`,
      );
    }
  });
}

/**
 * Refuses a sweep over fields of `data` if the caller gives one data set for all runs.
 * @throws InputError that names the field.
 */
export function refuseSweptData({ sweep = {} }: SweepInput): void {
  const field = Object.keys(sweep)
    .flatMap(fieldsOf)
    .find((name) => keysOf(name)[0] === "data");
  if (field === undefined) return;
  throw new InputError(
    `sweep.${field}`,
    `sweep.${field} would change nothing: all runs take the data set that is given`,
  );
}

/** The fields that one name in a sweep stands for. */
function fieldsOf(names: string): string[] {
  return names.split(",").map((name) => name.trim());
}

/** The values along one axis: of one field, or of several fields that change together. */
function axis(names: string, spec: unknown): Record<string, unknown>[] {
  const values = sweepValues(`sweep.${names}`, spec);
  const fields = fieldsOf(names);
  if (fields.length === 1) return values.map((value) => ({ [fields[0]]: value }));
  return values.map((value) => {
    if (!Array.isArray(value) || value.length !== fields.length) {
      throw new InputError(
        `sweep.${names}`,
        `sweep.${names} has ${shown(value)}: takes lists of ${fields.length} values, one for each field`,
      );
    }
    return Object.fromEntries(fields.map((field, i) => [field, value[i]]));
  });
}

function seeds(base: unknown, repeats: unknown, fields: object): Record<string, unknown>[] {
  if (Object.keys(fields).flatMap(fieldsOf).includes("seed")) {
    throw new InputError(
      "sweep.repeats",
      `sweep.repeats is ${shown(repeats)}, but seed is swept too: takes one of the two`,
    );
  }
  const count = parseWith(integer(1, MAX_RUNS), repeats, "sweep.repeats");
  // Only the seed is parsed, because the rest of the experiment may be valid only with the swept values.
  const { seed } = parseExperiment({ seed: fieldAt(base, "seed") });
  return Array.from({ length: count }, (_, i) => ({ seed: seed + i }));
}

function refinement(
  spec: unknown,
  fields: object,
  runs: readonly SweepRun[],
  at: SweepPlan["at"],
): Refine | null {
  if (spec === undefined) return null;
  let refine: Refine;
  try {
    refine = parseWith(refineSchema, spec, "the refinement");
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`sweep.refine.${error.field}`, `sweep.refine.${error.message}`);
  }
  if (!Object.hasOwn(fields, refine.field)) {
    throw new InputError(
      "sweep.refine.field",
      `sweep.refine.field is ${shown(refine.field)}: takes a field that is swept by itself`,
    );
  }
  refuseSteps(refine.field, runs, at);
  return refine;
}

/** Refinement bisects, so the field must take any real number. Integers and words do not allow that. */
function refuseSteps(field: string, runs: readonly SweepRun[], at: SweepPlan["at"]): void {
  const values = runs.map(({ fields }) => fields[field] as number);
  const word = values.find((value) => typeof value !== "number" || value < 0);
  const other = values.find((value) => value !== values[0]) ?? values[0];
  try {
    if (word !== undefined) throw new InputError(field, shown(word));
    const between = values[0] + 0.1234567 * (other - values[0]);
    at({ ...runs[0].fields, [field]: between });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      "sweep.refine.field",
      `sweep.refine.field is ${shown(field)}: takes a field of real numbers from 0 on`,
    );
  }
}

/** The `sigma` of an experiment's first noise group; 0 without noise. */
export function firstSigma(experiment: Experiment): number {
  return (fieldAt(experiment, "noise.0.sigma") as number | undefined) ?? 0;
}
