import * as v from "valibot";
import { InputError, shown } from "../errors/errors.js";
import { parseWith } from "../schema/parseWith.js";
import { choice, integer, real } from "../schema/takes.js";

const schema = v.strictObject({
  width: integer(1, 2 ** 20),
  nodes: integer(1, 65536),
  sigma: real(0, { exclusive: true }),
  batch: integer(1, 2 ** 24),
  learningRate: real(0),
  trainingRate: v.optional(real(0)),
  seed: integer(0, 0xffffffff),
  distribution: v.optional(choice(["normal", "uniform", "rademacher"]), "normal"),
  group: v.optional(integer(0, 65535), 0),
  initial: v.optional(v.literal(true)),
});

/** A probe's options, checked, with their defaults. */
export type ProbeSettings = Omit<v.InferOutput<typeof schema>, "initial"> & {
  /** Standard deviation of the initial weights, or these themselves, `[width, nodes]`. */
  readonly initial: number | Float32Array;
};

/** @throws InputError naming the first option that is wrong, its value, and what it takes. */
export function parseProbeOptions(options: object): ProbeSettings {
  // Options that are given as undefined count as left out.
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  );
  const { initial: own, ...others } = given;
  // A typed array is no plain value, so the schema sees only whether there is one.
  const named = own === undefined ? others : { ...others, initial: true };
  const { initial: _, ...parsed } = parseWith(schema, named, "the probe's options");
  const initial = own ?? Math.sqrt(2 / parsed.width);
  if (typeof initial === "number") {
    if (initial > 0 && initial <= 1e30) return { ...parsed, initial };
    throw new InputError("initial", `initial is ${initial}: takes a standard deviation above 0`);
  }
  const { width, nodes } = parsed;
  const values = initial as ArrayLike<number>;
  if (values?.length !== width * nodes) {
    throw new InputError(
      "initial",
      `initial is ${shown(initial)}: takes a standard deviation, or ${width} x ${nodes} = ${width * nodes} weights`,
    );
  }
  const weights = Float32Array.from(values);
  const wrong = weights.findIndex((x) => !Number.isFinite(x));
  if (wrong >= 0) {
    throw new InputError(
      "initial",
      `initial.${wrong} is ${shown(values[wrong])}: takes finite numbers`,
    );
  }
  if (weights.every((x) => x === 0)) {
    throw new InputError("initial", "initial is all zeros: noise weights that are 0 read nothing");
  }
  return { ...parsed, initial: weights };
}
