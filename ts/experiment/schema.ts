import * as v from "valibot";
import { dataSchema } from "../data/specs.js";
import { choice, flag, integer, list, real } from "../schema/takes.js";

const MAX_WIDTH = 65536;

/** The data of an experiment that names none. */
export const DEFAULT_DATA = "gaussian-mixture";

const network = v.strictObject({
  /** Hidden widths; input and output widths come from the data. */
  layers: v.optional(
    list(integer(1, MAX_WIDTH), 64, "takes a list of hidden widths, such as [128, 128]"),
    [128, 128, 128],
  ),
  activation: v.optional(choice(["relu", "tanh", "gelu", "linear"]), "relu"),
  /** Left out: cross-entropy for classes, mse for numbers. Half the squared error, summed over outputs. */
  loss: v.optional(choice(["cross-entropy", "mse"])),
  bias: v.optional(flag(), true),
  /**
   * `he`: weights `N(0, 2 scale^2 / fanIn)`; `lecun`: `N(0, scale^2 / fanIn)`; `ntk`: weights `N(0, 1)` and
   * `z = scale / sqrt(fanIn) W x + b + W_NI eps`.
   */
  init: v.optional(choice(["he", "lecun", "ntk"]), "he"),
  scale: v.optional(real(0, { exclusive: true }), 1),
  /** Optional assertions: refused where the data has other widths. */
  inputs: v.optional(integer(1)),
  outputs: v.optional(integer(1)),
});

const noiseGroup = v.strictObject({
  /** Weight layer, counted from 0, whose pre-activations the noise weights feed. */
  layer: v.optional(integer(0, 64), 0),
  nodes: v.optional(integer(1, MAX_WIDTH), 1),
  /** Standard deviation of the noise. */
  sigma: v.optional(real(0), 1),
  distribution: v.optional(choice(["normal", "uniform", "rademacher"]), "normal"),
  mode: v.optional(choice(["fresh", "fixed"]), "fresh"),
  /** Standard deviation of the initial noise weights, in units of that of the layer's other (effective) weights. */
  scale: v.optional(real(0), 1),
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

const stop = v.strictObject({
  /** Training ends at the first evaluation whose unperturbed training accuracy reaches this. */
  trainAccuracy: v.optional(real(0, { max: 1 })),
  /** Training ends at the first evaluation whose unperturbed training loss is at most this. */
  loss: v.optional(real(0)),
});

const record = v.strictObject({
  /** So many steps from the start are all recorded: a catapult can be over in ten. */
  dense: v.optional(integer(0), 2000),
  /** After those, one step in so many; left out: one an epoch. */
  every: v.optional(integer(1)),
  /** Epochs between evaluations of the unperturbed losses and accuracies. */
  evaluateEvery: v.optional(integer(1), 1),
  /**
   * Within so many updates from the start there are evaluations in between, ever more sparsely (after 1, 2, ... 8, 10,
   * 12, 15, ...): much of a loss may be gone after one epoch. Left out: none.
   */
  evaluateEarly: v.optional(integer(0)),
  /** The unperturbed training loss is taken over the first so many training samples; left out: all. */
  evaluateSamples: v.optional(integer(1)),
});

export const experimentSchema = v.strictObject({
  network: v.optional(network, {}),
  noise: v.optional(list(noiseGroup, 64, "takes a list of noise groups"), [{}]),
  data: v.optional(dataSchema, { name: DEFAULT_DATA }),
  optimizer: v.optional(optimizer, {}),
  /** Passes over the training samples; 20 unless `steps` is given. */
  epochs: v.optional(integer(1, 1e9)),
  /** The length of the run in updates, instead of `epochs`. */
  steps: v.optional(integer(1, 1e9)),
  stop: v.optional(stop, {}),
  record: v.optional(record, {}),
  seed: v.optional(integer(0, 0xffffffff), 0),
});

/** An experiment as a user writes it: every field may be left out. */
export type ExperimentInput = v.InferInput<typeof experimentSchema>;
/** An experiment with every default filled in. */
export type Experiment = v.InferOutput<typeof experimentSchema>;
export type NoiseGroup = Experiment["noise"][number];
