import type { DataInput, DataSpec } from "../data/dataSpec.js";
import type { Distribution } from "../random/streams.js";

/** A fully connected network. */
export interface NetworkSpec {
  /** Hidden widths; input and output widths come from the data: `[128, 128, 128]` if left out. */
  layers: number[];
  /** Activation of the hidden layers: `relu` if left out. `gelu` is the exact one, `z Phi(z)`. */
  activation: "relu" | "tanh" | "gelu" | "linear";
  /**
   * `cross-entropy`: the batch mean. `mse`: half the squared error, summed over outputs, averaged over the batch. If left
   * out, cross-entropy for classes and mse for numbers.
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
  /** The number of inputs that the data must have; data of another width are refused. */
  inputs?: number;
  /** The number of outputs that the data must have. */
  outputs?: number;
}

/** Noise injection nodes of one layer: they add `W_NI eps` to its pre-activations (arXiv:2210.13599, section 2). */
export interface NoiseGroup {
  /** Weight layer, counted from 0, whose pre-activations the noise weights feed: 0 if left out. */
  layer: number;
  /** Number of nodes, the columns of `W_NI`: 1 if left out. */
  nodes: number;
  /** Standard deviation of the noise `eps`, whatever its distribution: 1 if left out. */
  sigma: number;
  /** Shape of the noise: `normal` if left out. */
  distribution: Distribution;
  /** `fresh` (the default): new noise at each visit of a sample; `fixed`: one draw a sample, kept for the whole run. */
  mode: "fresh" | "fixed";
  /** Standard deviation of the initial noise weights, in units of that of the layer's other (effective) weights: 1 if left out. */
  scale: number;
}

/** Stochastic gradient descent, as PyTorch's SGD, on every parameter, biases and noise weights included. */
export interface OptimizerSpec {
  /** Step size `eta`: 0.1 if left out. */
  learningRate: number;
  /** Samples of a step, or `full` for all; an incomplete last batch is left out: 100 if left out. */
  batchSize: number | "full";
  /** `v = momentum v + g`: 0 if left out. */
  momentum: number;
  /** Added to the gradient as `weightDecay w`: 0 if left out. */
  weightDecay: number;
}

/** When training ends before its length. */
export interface StopSpec {
  /** Training ends at the first evaluation whose unperturbed training accuracy reaches this, 0 to 1. */
  trainAccuracy?: number;
  /** Training ends at the first evaluation whose unperturbed training loss is at most this. */
  loss?: number;
}

/** What a trajectory keeps. */
export interface RecordSpec {
  /** This many steps from the start are all recorded, since a catapult can be over in ten: 2000 if left out. */
  dense: number;
  /** After the dense steps, one step in this many is recorded; if left out, one an epoch. */
  every?: number;
  /** Epochs between evaluations of the unperturbed losses and accuracies: 1 if left out. */
  evaluateEvery: number;
  /**
   * Within this many updates from the start there are more evaluations, ever more sparsely (after 1, 2, ... 8, 10, 12, 15,
   * ...), because much of a loss may be gone after one epoch. None if left out.
   */
  evaluateEarly?: number;
  /** The unperturbed training loss is taken over this many training samples, from the first on; all if left out. */
  evaluateSamples?: number;
}

/** An experiment with every default filled in. */
export interface Experiment {
  /** The network that is trained. */
  network: NetworkSpec;
  /** Its groups of noise injection nodes; an empty list trains without noise. */
  noise: NoiseGroup[];
  /** What it learns. */
  data: DataSpec;
  /** How it learns. */
  optimizer: OptimizerSpec;
  /** Length of the run in passes over the training samples; 20 if neither this nor `steps` is given. */
  epochs?: number;
  /** Length of the run in updates, instead of `epochs`. */
  steps?: number;
  /** When it ends early. */
  stop: StopSpec;
  /** What its trajectory keeps. */
  record: RecordSpec;
  /** Fixes every random number of the run, an integer from 0 to 2^32 - 1: 0 if left out. */
  seed: number;
}

/** An experiment as a user writes it: every field may be left out. */
export interface ExperimentInput {
  /** The network that is trained. */
  network?: Partial<NetworkSpec>;
  /** Its groups of noise injection nodes; one with its defaults if left out, no noise if empty. */
  noise?: Partial<NoiseGroup>[];
  /** What it learns: a mixture of Gaussians if left out. */
  data?: DataInput;
  /** How it learns. */
  optimizer?: Partial<OptimizerSpec>;
  /** Length of the run in passes over the training samples; 20 if neither this nor `steps` is given. */
  epochs?: number;
  /** Length of the run in updates, instead of `epochs`. */
  steps?: number;
  /** When it ends early; never if left out. */
  stop?: StopSpec;
  /** What its trajectory keeps. */
  record?: Partial<RecordSpec>;
  /** Fixes every random number of the run, an integer from 0 to 2^32 - 1: 0 if left out. */
  seed?: number;
}
