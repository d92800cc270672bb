import { withField } from "../../ts/experiment/paths.js";

/** Every field, with values that it does not take whatever the rest of the experiment says. */
export const NOT_NUMBERS = [null, "1", "", true, [], [1], {}, Number.NaN, Number.POSITIVE_INFINITY];
export const NOT_POSITIVE = [...NOT_NUMBERS, 0, -1, -1e-9, 1e31];
export const NOT_COUNTS = [...NOT_POSITIVE, 0.5, 2 ** 53];
export const NOT_NATURAL = [...NOT_NUMBERS, -1, 0.5, 2 ** 60];
export const NOT_NON_NEGATIVE = [...NOT_NUMBERS, -1e-9, 1e31];
export const NOT_NAMES = [null, 1, "", "Relu", "sgd", [], {}, true, "__proto__", "constructor"];
export const NOT_OBJECTS = [null, 1, "x", true, [], [1]];

export const BAD: Readonly<Record<string, readonly unknown[]>> = {
  network: NOT_OBJECTS,
  "network.layers": [
    null,
    3,
    "128",
    {},
    [0],
    [-1],
    [1.5],
    ["a"],
    [null],
    [[3]],
    [70000],
    new Array(65).fill(2),
  ],
  "network.activation": NOT_NAMES,
  "network.loss": NOT_NAMES,
  "network.bias": [null, 0, "true", [], {}],
  "network.init": NOT_NAMES,
  "network.scale": NOT_POSITIVE,
  "network.inputs": NOT_COUNTS,
  "network.outputs": NOT_COUNTS,
  noise: [null, 1, "x", {}, true, [null], [1], ["x"], [[]], new Array(65).fill({})],
  "noise.0.layer": [
    ...NOT_NATURAL.filter((value) => !Array.isArray(value) || value.length === 0),
    ...[65, 1e9, "all", "Hidden", [0, 0], [0, 0.5], [-1], ["0"], [[0]], [0, 64], [null]],
  ],
  "noise.0.nodes": [...NOT_COUNTS, 65537],
  "noise.0.sigma": NOT_NON_NEGATIVE,
  "noise.0.distribution": NOT_NAMES,
  "noise.0.mode": NOT_NAMES,
  "noise.0.scale": NOT_NON_NEGATIVE,
  "noise.0.schedule": [
    ...NOT_OBJECTS.filter((value) => value !== undefined),
    ...[{}, { kind: null }, { kind: "linear" }, { kind: ["cosine"] }, { low: 0.5 }],
    ...[
      { kind: "constant", low: 0 },
      { kind: "cosine", on: 1 },
      { kind: "periodic", target: 1 },
    ],
    ...[0, -1, 1.5, "2", null, 1e10].flatMap((epochs) => [
      { kind: "periodic", on: epochs },
      { kind: "periodic", off: epochs },
    ]),
    ...[-0.1, 1.1, "0", null, Number.NaN].flatMap((low) => [
      { kind: "periodic", low },
      { kind: "cosine", low },
    ]),
    ...[
      { kind: "controller" },
      { kind: "controller", hold: "kappa" },
      { kind: "controller", target: 1 },
    ],
    ...[0, -1, "1", null, Number.NaN, 1e31].flatMap((value) => [
      { kind: "controller", hold: "kappa", target: value },
      { kind: "controller", hold: "dose", target: 1, least: value },
      { kind: "controller", hold: "dose", target: 1, most: value },
      { kind: "controller", hold: "dose", target: 1, every: value },
    ]),
    { kind: "controller", hold: "sigma", target: 1 },
    { kind: "controller", hold: "kappa", target: 1, every: 0.5 },
  ],
  data: [...NOT_OBJECTS, { name: "imagenet" }, { name: null }, { name: ["spiral"] }],
  "data.name": NOT_NAMES,
  "data.train": [...NOT_COUNTS, 1e10],
  "data.test": [...NOT_NATURAL, 1e10],
  optimizer: NOT_OBJECTS,
  "optimizer.learningRate": NOT_POSITIVE,
  "optimizer.batchSize": [...NOT_COUNTS.filter((v) => v !== "1"), "1", "all", "Full"],
  "optimizer.momentum": [...NOT_NON_NEGATIVE, 1, 2],
  "optimizer.weightDecay": NOT_NON_NEGATIVE,
  epochs: [...NOT_COUNTS, 1e10],
  steps: [...NOT_COUNTS, 1e10],
  regularization: NOT_OBJECTS,
  "regularization.dropout": [...NOT_NON_NEGATIVE, 1, 0.9999, 2],
  "regularization.inputNoise": NOT_NON_NEGATIVE,
  "regularization.jacobian": NOT_NON_NEGATIVE,
  stop: NOT_OBJECTS,
  "stop.trainAccuracy": [...NOT_NON_NEGATIVE, 1.01],
  "stop.loss": NOT_NON_NEGATIVE,
  record: NOT_OBJECTS,
  "record.dense": NOT_NATURAL,
  "record.every": NOT_COUNTS,
  "record.evaluateEvery": NOT_COUNTS,
  "record.evaluateSamples": NOT_COUNTS,
  seed: [...NOT_NATURAL, 2 ** 32],
};

/** The experiment with a field set; whatever stands in the way is made. */
export const set = (base: unknown, field: string, value: unknown) =>
  withField(field.startsWith("noise.0") ? withNoise(base) : base, field, value);
const withNoise = (base: any) => (base.noise?.length ? base : { ...base, noise: [{}] });
