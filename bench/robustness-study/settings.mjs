// What the study of regularisers compares, in its two sizes. Every method has four settings, the same tuning budget.

/** The published study. */
export const FULL = {
  /** What all networks share; the learning rate becomes the one that the network without anything chooses. */
  base: {
    network: { layers: [128, 128] },
    noise: [],
    optimizer: { learningRate: 0.1, batchSize: 100 },
    epochs: 30,
  },
  /** Training images, the same for tuning and test; of the rest of the training file, the validation images; test images. */
  train: 10_000,
  validation: { first: 50_000, samples: 1000 },
  test: 1000,
  /** The seed that tunes, and those that are reported. */
  tuningSeed: 0,
  seeds: { first: 1, count: 5 },
  /** What is measured for the choice, on validation images, and what is reported, on test images. */
  tuning: ["--attacks", "none", "--severities", "1,3,5", "--corruption-seed", "1"],
  report: ["--epsilons", "0.02,0.05,0.1", "--queries", "200"],
};

/** The same steps in minutes, to try the command: its networks and samples are too small to compare methods. */
export const SMALL = {
  base: {
    network: { layers: [32, 32] },
    noise: [],
    optimizer: { learningRate: 0.1, batchSize: 20 },
    epochs: 5,
  },
  train: 1000,
  validation: { first: 50_000, samples: 100 },
  test: 100,
  tuningSeed: 0,
  seeds: { first: 1, count: 2 },
  tuning: ["--attacks", "none", "--severities", "3", "--corruption-seed", "1"],
  report: [
    ...["--epsilons", "0.02,0.05", "--severities", "3,5"],
    ...["--steps", "5", "--restarts", "1", "--queries", "20", "--attack-samples", "50"],
  ],
};

/** How much clean accuracy a setting may cost, of the best that the network without anything reaches. */
export const CLEAN_MARGIN = 0.01;

const NODES = 32;
/** The presets' initial noise weights, and larger ones. */
const presetScales = [1, 2, 4, 8];
const scaled = (factor) => ({ nodes: NODES, scale: factor / Math.sqrt(NODES) });

/** The schedules of sigma, each on the noise weights of the third setting of NINR. */
const SCHEDULED = scaled(4);
const SCHEDULES = {
  cosine: { kind: "cosine" },
  periodic: { kind: "periodic", on: 1, off: 1 },
  "kappa 0.002": { kind: "controller", hold: "kappa", target: 0.002 },
  "dose 5": { kind: "controller", hold: "dose", target: 5 },
};

const optimizer = (values, field) =>
  values.map((value) => ({ label: value, change: { optimizer: { [field]: value } } }));
const regularization = (values, field) =>
  values.map((value) => ({ label: value, change: { regularization: { [field]: value } } }));
const presets = (preset) =>
  presetScales.map((factor) => ({ label: factor, preset, change: { noise: [scaled(factor)] } }));

/** The methods: what their settings vary, and each setting as a change of the base; `preset` takes sigma from its forecast. */
export const METHODS = {
  none: { varies: "learning rate", settings: optimizer([0.02, 0.05, 0.1, 0.2], "learningRate") },
  L2: { varies: "weight decay", settings: optimizer([0.0003, 0.001, 0.003, 0.01], "weightDecay") },
  dropout: { varies: "probability", settings: regularization([0.1, 0.2, 0.35, 0.5], "dropout") },
  "input noise": {
    varies: "standard deviation",
    settings: regularization([0.2, 0.4, 0.8, 1.2], "inputNoise"),
  },
  NINR: { varies: "scale, times the preset's", settings: presets("ninr") },
  "NINR-full": { varies: "scale, times the preset's", settings: presets("ninr-full") },
  "NINR scheduled": {
    varies: "schedule",
    settings: Object.entries(SCHEDULES).map(([label, schedule]) => ({
      label,
      preset: "ninr",
      change: { noise: [SCHEDULED] },
      schedule,
    })),
  },
};
