import type { DataInput, DataSpec } from "../data/dataSpec.js";
import type { Distribution } from "../random/streams.js";

/** A fully connected network. */
export interface NetworkSpec {
  /** Hidden widths; input and output widths come from the data: `[128, 128, 128]` if left out. */
  layers: number[];
  /** Activation of the hidden layers: `relu` if left out. `gelu` is the exact one, `z Phi(z)`. */
  activation: "relu" | "tanh" | "gelu" | "linear";
  /**
   * `cross-entropy`: the batch mean. `mse`: half the squared error, summed over outputs and averaged over the batch. If
   * left out, cross-entropy for classes and mse for numbers.
   */
  loss?: "cross-entropy" | "mse";
  /** Whether layers have biases: true if left out. */
  bias: boolean;
  /**
   * Initial weights. `he` (the default): `N(0, 2 scale^2 / fanIn)`; `lecun`: `N(0, scale^2 / fanIn)`; `ntk`: `N(0, 1)`, with
   * `z = scale / sqrt(fanIn) W x + b + W_NI eps`.
   */
  init: "he" | "lecun" | "ntk";
  /** The factor in `init`: 1 if left out. */
  scale: number;
  /** Number of inputs that the data must have. Other data are refused. */
  inputs?: number;
  /** Number of outputs that the data must have. */
  outputs?: number;
}

/** `sigma` stays what it is: the same as no schedule. */
export interface ConstantSchedule {
  /** Names the schedule. */
  kind: "constant";
}

/** `sigma` for some epochs, then `low sigma` for some, and again. */
export interface PeriodicSchedule {
  /** Names the schedule. */
  kind: "periodic";
  /** Epochs with `sigma`: 1 if left out. */
  on: number;
  /** Epochs with `low sigma`: 1 if left out. */
  off: number;
  /** Part of `sigma` in the other epochs, 0 to 1: 0 if left out. */
  low: number;
}

/** From `sigma` at the first update to `low sigma` at the last, as half a period of a cosine. */
export interface CosineSchedule {
  /** Names the schedule. */
  kind: "cosine";
  /** Part of `sigma` at the end, 0 to 1: 0 if left out. */
  low: number;
}

/**
 * Begins with `sigma`, reads what the noise weights do, and changes `sigma` so that it stays at a target. A step of the
 * controller multiplies `sigma` by the fourth root of target over reading, at least by 0.71 and at most by 1.19; it turns round where
 * more noise lowers the reading.
 */
export interface ControllerSchedule {
  /** Names the schedule. */
  kind: "controller";
  /**
   * `kappa`: `eta sigma^2 h` along the noise weights, read as `eta <W_NI, g> / |W_NI|^2`. `dose`: the dose that the group pays in an
   * epoch.
   */
  hold: "kappa" | "dose";
  /** What it holds, above 0. */
  target: number;
  /** Updates between two steps of the controller, over which it averages: 50 if left out. */
  every: number;
  /** Least `sigma`: 1/100 of the group's own if left out. */
  least?: number;
  /** Largest `sigma`: 100 times the group's own if left out. */
  most?: number;
}

/** How `sigma` changes during a run (theory, section 5). */
export type ScheduleSpec =
  | ConstantSchedule
  | PeriodicSchedule
  | CosineSchedule
  | ControllerSchedule;

type Flat<T> = { [P in keyof T]: T[P] };
type WithDefaults<S, K extends keyof S> = Flat<Omit<S, K> & Partial<Pick<S, K>>>;

/** A schedule as a user writes it. */
export type ScheduleInput =
  | ConstantSchedule
  | WithDefaults<PeriodicSchedule, "on" | "off" | "low">
  | WithDefaults<CosineSchedule, "low">
  | WithDefaults<ControllerSchedule, "every">;

/** Noise injection nodes of one layer: they add `W_NI eps` to its pre-activations (arXiv:2210.13599, section 2). */
export interface NoiseGroup {
  /** Weight layer, counted from 0, whose pre-activations the noise weights add to: 0 if left out. */
  layer: number;
  /** Number of nodes, the columns of `W_NI`: 1 if left out. */
  nodes: number;
  /** Standard deviation of the noise `eps`, whatever its distribution: 1 if left out. */
  sigma: number;
  /** Shape of the noise: `normal` if left out. */
  distribution: Distribution;
  /**
   * `fresh` (the default): new noise at each visit of a sample; `fixed`: one draw per sample, kept for the whole run.
   */
  mode: "fresh" | "fixed";
  /**
   * Standard deviation of the initial noise weights, relative to that of the layer's other (effective) weights: 1 if
   * left out.
   */
  scale: number;
  /** How `sigma` changes during the run; constant if left out. */
  schedule?: ScheduleSpec;
}

/** Noise injection nodes as a user writes them: on one layer or on several, every field may be left out. */
export interface NoiseInput extends Partial<Omit<NoiseGroup, "layer" | "schedule">> {
  /**
   * Weight layer, counted from 0, whose pre-activations the noise weights add to: 0 if left out. A list of layers, or `hidden` for
   * all that lead to hidden units, stands for a group of its own on each of them, with its own noise and noise weights.
   */
  layer?: number | number[] | "hidden";
  /** How `sigma` changes during the run; constant if left out. */
  schedule?: ScheduleInput;
}

/** Stochastic gradient descent as in PyTorch's SGD, on all parameters, including biases and noise weights. */
export interface OptimizerSpec {
  /** Step size `eta`: 0.1 if left out. */
  learningRate: number;
  /** Samples per step, or `full` for all: 100 if left out. An incomplete last batch is not used. */
  batchSize: number | "full";
  /** `v = momentum v + g`: 0 if left out. */
  momentum: number;
  /** Added to the gradient as `weightDecay w`: 0 if left out. */
  weightDecay: number;
}

/** Other regularisers of training, beside noise nodes and weight decay. Every evaluation is without them. */
export interface RegularizationSpec {
  /**
   * Probability with which a hidden unit's activation is set to 0 in a step, drawn for each sample and unit; the others are divided by
   * `1 - dropout`: 0 if left out.
   */
  dropout: number;
  /** Standard deviation of normal noise on the inputs that the network sees, new at each visit of a sample: 0 if left out. */
  inputNoise: number;
  /**
   * Adds `jacobian C / 2 |J^T v|^2` to each sample's loss, with `J` the derivative of the C outputs with respect to the inputs that the
   * network sees and `v` a random unit vector, new at each visit of a sample. Its mean over `v` is `jacobian / 2 |J|^2`, with the
   * Frobenius norm (arXiv:1908.02729). Recorded losses are without it: 0 if left out.
   */
  jacobian?: number;
}

/** Conditions that end training early. */
export interface StopSpec {
  /** Training ends at the first evaluation whose unperturbed training accuracy reaches this, 0 to 1. */
  trainAccuracy?: number;
  /** Training ends at the first evaluation whose unperturbed training loss is at most this. */
  loss?: number;
}

/** What a trajectory records. */
export interface RecordSpec {
  /**
   * Number of steps from the start that are all recorded, because a catapult can be over in ten steps: 2000 if left
   * out.
   */
  dense: number;
  /** After the dense steps, one step in this many is recorded; if left out, one per epoch. */
  every?: number;
  /** Epochs between evaluations of the unperturbed losses and accuracies: 1 if left out. */
  evaluateEvery: number;
  /**
   * Number of updates from the start with additional evaluations, at growing distances (after 1, 2, ... 8, 10, 12, 15,
   * ...), because the loss may fall a lot within one epoch. None if left out.
   */
  evaluateEarly?: number;
  /**
   * Number of training samples, from the first on, that the unperturbed training loss is evaluated on; all if left out.
   */
  evaluateSamples?: number;
}

/** An experiment with every default filled in. */
export interface Experiment {
  /** The network that is trained. */
  network: NetworkSpec;
  /** Its groups of noise injection nodes; an empty list trains without noise. */
  noise: NoiseGroup[];
  /** The data that it learns. */
  data: DataSpec;
  /** The optimiser. */
  optimizer: OptimizerSpec;
  /** Length of the run in passes over the training samples; 20 if neither this nor `steps` is given. */
  epochs?: number;
  /** Length of the run in updates, instead of `epochs`. */
  steps?: number;
  /** Its other regularisers; none if left out. */
  regularization?: RegularizationSpec;
  /** Conditions that end it early. */
  stop: StopSpec;
  /** What its trajectory records. */
  record: RecordSpec;
  /** Seed of all random numbers of the run, an integer from 0 to 2^32 - 1: 0 if left out. */
  seed: number;
}

/** An experiment as a user writes it: every field may be left out. */
export interface ExperimentInput {
  /** The network to train. */
  network?: Partial<NetworkSpec>;
  /** Its groups of noise injection nodes. If left out, one group with default settings; if empty, no noise. */
  noise?: NoiseInput[];
  /** The data that it learns: a mixture of Gaussians if left out. */
  data?: DataInput;
  /** The optimiser. */
  optimizer?: Partial<OptimizerSpec>;
  /** Length of the run in passes over the training samples; 20 if neither this nor `steps` is given. */
  epochs?: number;
  /** Length of the run in updates, instead of `epochs`. */
  steps?: number;
  /** Its other regularisers; none if left out. */
  regularization?: Partial<RegularizationSpec>;
  /** Conditions that end it early; none if left out. */
  stop?: StopSpec;
  /** What its trajectory records. */
  record?: Partial<RecordSpec>;
  /** Seed of all random numbers of the run, an integer from 0 to 2^32 - 1: 0 if left out. */
  seed?: number;
}
