import * as v from "valibot";
import { InputError } from "../../ts/errors/errors.js";
import { logRange } from "../../ts/experiment/range.js";
import type { Experiment } from "../../ts/experiment/schema.js";
import type { SweepInput } from "../../ts/experiment/sweep.js";
import { parseWith } from "../../ts/schema/parseWith.js";
import { choice, flag, integer, real } from "../../ts/schema/takes.js";

const sigma = (fallback: number) => v.optional(real(1e-6, { max: 1e6 }), fallback);

export const sweepSchema = v.strictObject({
  from: sigma(0.3),
  to: sigma(300),
  count: v.optional(integer(2, 100), 25),
  seeds: v.optional(integer(1, 10), 2),
  machine: v.optional(choice(["cpu", "gpu"]), "cpu"),
  on: v.optional(flag(), false),
});

/** A sweep of the run view's experiment over the `sigma` of its noise. */
export interface SweepSpec {
  /** The ends of the range of `sigma`. */
  readonly from: number;
  readonly to: number;
  /** Values of `sigma`, at a constant ratio. */
  readonly count: number;
  /** Runs at each of them. */
  readonly seeds: number;
  readonly machine: "cpu" | "gpu";
  /** Whether it is under way: a page that opens with it goes on with it. */
  readonly on: boolean;
}

export const FIRST_SWEEP: SweepSpec = v.parse(sweepSchema, {});

/** @throws InputError if the range runs backwards. */
export function checkSweep({ from, to }: SweepSpec): void {
  if (from < to) return;
  throw new InputError("sweep.to", `sweep.to is ${to}: takes a number above sweep.from, ${from}`);
}

/** The sweep with one field changed. @throws InputError if the value is not right for it. */
export function withSweepField(spec: SweepSpec, field: keyof SweepSpec, value: unknown): SweepSpec {
  const changed = parseWith(
    v.strictObject({ sweep: sweepSchema }),
    { sweep: { ...spec, [field]: value } },
    "the sweep",
  ).sweep;
  checkSweep(changed);
  return changed;
}

/**
 * The sweep as the library and the command line take it: all noise groups have the same `sigma`.
 * @throws InputError for an experiment without noise.
 */
export function sweepInput(experiment: Experiment, spec: SweepSpec): SweepInput {
  const { from, to, count, seeds } = spec;
  const groups = experiment.noise.length;
  if (groups === 0) {
    throw new InputError(
      "noise",
      "noise is empty: a sweep over sigma takes an experiment with noise nodes",
    );
  }
  checkSweep(spec);
  const fields = experiment.noise.map((_, g) => `noise.${g}.sigma`).join(",");
  const sigmas = logRange("sweep", `${from}:${to}:${count}`);
  const values = groups === 1 ? sigmas : sigmas.map((at) => new Array<number>(groups).fill(at));
  return { ...experiment, sweep: { [fields]: values, repeats: seeds } };
}
