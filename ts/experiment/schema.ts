import * as v from "valibot";
import { dataSchema } from "../data/specs.js";
import { choice, flag, integer, list, real } from "../schema/takes.js";
import type { Experiment } from "./experiment.js";
import { groupsOfLayers, MOST_GROUPS } from "./noiseLayers.js";

const MAX_WIDTH = 65536;

/** The data of an experiment that does not name any. */
export const DEFAULT_DATA = "gaussian-mixture";

const network = v.strictObject({
  layers: v.optional(
    list(integer(1, MAX_WIDTH), 64, "takes a list of hidden widths, such as [128, 128]"),
    [128, 128, 128],
  ),
  activation: v.optional(choice(["relu", "tanh", "gelu", "linear"]), "relu"),
  loss: v.optional(choice(["cross-entropy", "mse"])),
  bias: v.optional(flag(), true),
  init: v.optional(choice(["he", "lecun", "ntk"]), "he"),
  scale: v.optional(real(0, { exclusive: true }), 1),
  inputs: v.optional(integer(1)),
  outputs: v.optional(integer(1)),
});

/** How `sigma` changes during a run. */
export const scheduleSchema = v.variant(
  "kind",
  [
    v.strictObject({ kind: v.literal("constant") }),
    v.strictObject({
      kind: v.literal("periodic"),
      on: v.optional(integer(1, 1e9), 1),
      off: v.optional(integer(1, 1e9), 1),
      low: v.optional(real(0, { max: 1 }), 0),
    }),
    v.strictObject({
      kind: v.literal("cosine"),
      low: v.optional(real(0, { max: 1 }), 0),
    }),
    v.strictObject({
      kind: v.literal("controller"),
      hold: choice(["kappa", "dose"]),
      target: real(0, { exclusive: true }),
      every: v.optional(integer(1, 1e9), 50),
      least: v.optional(real(0, { exclusive: true })),
      most: v.optional(real(0, { exclusive: true })),
    }),
  ],
  'takes one of "constant", "periodic", "cosine", "controller"',
);

const noiseGroup = v.strictObject({
  layer: v.optional(
    v.union(
      [
        integer(0, 64),
        v.literal("hidden"),
        list(integer(0, 64), MOST_GROUPS, "takes a list of layers"),
      ],
      'takes a layer, a list of layers, or "hidden" for all layers with hidden units',
    ),
    0,
  ),
  nodes: v.optional(integer(1, MAX_WIDTH), 1),
  sigma: v.optional(real(0), 1),
  distribution: v.optional(choice(["normal", "uniform", "rademacher"]), "normal"),
  mode: v.optional(choice(["fresh", "fixed"]), "fresh"),
  scale: v.optional(real(0), 1),
  schedule: v.optional(scheduleSchema),
});

const optimizer = v.strictObject({
  learningRate: v.optional(real(0, { exclusive: true }), 0.1),
  batchSize: v.optional(
    v.union([v.literal("full"), integer(1)], 'takes an integer of at least 1, or "full"'),
    100,
  ),
  momentum: v.optional(real(0, { max: 0.999999 }), 0),
  weightDecay: v.optional(real(0), 0),
});

// `jacobian` has no default, so that the keys of runs without it stay what they were.
const regularization = v.strictObject({
  dropout: v.optional(real(0, { max: 0.999 }), 0),
  inputNoise: v.optional(real(0), 0),
  jacobian: v.optional(real(0)),
});

const stop = v.strictObject({
  trainAccuracy: v.optional(real(0, { max: 1 })),
  loss: v.optional(real(0)),
});

const record = v.strictObject({
  dense: v.optional(integer(0), 2000),
  every: v.optional(integer(1)),
  evaluateEvery: v.optional(integer(1), 1),
  evaluateEarly: v.optional(integer(0)),
  evaluateSamples: v.optional(integer(1)),
});

const fields = v.strictObject({
  network: v.optional(network, {}),
  noise: v.optional(list(noiseGroup, MOST_GROUPS, "takes a list of noise groups"), [{}]),
  data: v.optional(dataSchema, { name: DEFAULT_DATA }),
  optimizer: v.optional(optimizer, {}),
  regularization: v.optional(regularization),
  epochs: v.optional(integer(1, 1e9)),
  steps: v.optional(integer(1, 1e9)),
  stop: v.optional(stop, {}),
  record: v.optional(record, {}),
  seed: v.optional(integer(0, 0xffffffff), 0),
});

/** What an experiment accepts; `Experiment` describes each field. Each noise group of several layers becomes one of each. */
export const experimentSchema = v.pipe(
  fields,
  v.transform(
    ({ noise, ...rest }): Experiment => ({
      ...rest,
      noise: groupsOfLayers(noise, rest.network.layers.length),
    }),
  ),
);

export type {
  ConstantSchedule,
  ControllerSchedule,
  CosineSchedule,
  Experiment,
  ExperimentInput,
  NoiseGroup,
  NoiseInput,
  PeriodicSchedule,
  RegularizationSpec,
  ScheduleInput,
  ScheduleSpec,
} from "./experiment.js";
