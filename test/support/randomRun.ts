import fc from "fast-check";
import { mulberry } from "../../ts/check/verify/roundings.js";
import type { Dataset, Split } from "../../ts/data/dataset.js";
import { layouts, type Network } from "../../ts/program/network.js";
import type { Plan } from "../../ts/program/workspace.js";
import type { RunInputs } from "../../ts/train/inputs.js";
import { combinedWeights } from "../../ts/train/parameters.js";
import type { NaiveRun } from "./naive.js";

const settings = fc.record({
  seed: fc.nat(),
  hidden: fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 3 }),
  inputs: fc.integer({ min: 1, max: 5 }),
  outputs: fc.integer({ min: 1, max: 4 }),
  activation: fc.constantFrom("relu", "tanh", "gelu", "linear"),
  task: fc.constantFrom("classes", "one-hot", "numbers"),
  bias: fc.boolean(),
  ntk: fc.boolean(),
  bytes: fc.boolean(),
  noise: fc.array(
    fc.record({
      layer: fc.nat(3),
      nodes: fc.integer({ min: 1, max: 3 }),
      sigma: fc.double({ min: 0.1, max: 2, noNaN: true }),
      fixed: fc.boolean(),
    }),
    { maxLength: 3 },
  ),
  rows: fc.integer({ min: 1, max: 20 }),
  testRows: fc.nat(9),
  evaluateRows: fc.integer({ min: 1, max: 20 }),
  batch: fc.integer({ min: 1, max: 20 }),
  momentum: fc.constantFrom(0, 0.6),
  weightDecay: fc.constantFrom(0, 0.05),
  steps: fc.integer({ min: 1, max: 12 }),
  dense: fc.nat(6),
  every: fc.integer({ min: 1, max: 4 }),
  evaluateEvery: fc.integer({ min: 1, max: 3 }),
  evaluateEarly: fc.nat(12),
});

export type Setting = typeof settings extends fc.Arbitrary<infer T> ? T : never;

/** A linear model of the theory's section 3 as often as any other run would have it almost never. */
const linear: Partial<Setting> = { activation: "linear", task: "numbers", outputs: 1 };

export const randomSettings: fc.Arbitrary<Setting> = fc.oneof(
  { weight: 5, arbitrary: settings },
  {
    weight: 1,
    arbitrary: settings.map((s) => ({
      ...s,
      ...linear,
      hidden: [5],
      noise: [{ layer: 0, nodes: 1 + (s.seed % 2), sigma: 0.7, fixed: s.bias }],
    })),
  },
);

/** A run that is given in full, as a plain loop takes it and as the trainer does. */
export interface RandomRun extends NaiveRun {
  readonly inputs: RunInputs;
}

export function randomRun(s: Setting): RandomRun {
  const random = mulberry(s.seed);
  const draw = (length: number, scale: number) =>
    Float64Array.from({ length }, () => scale * (2 * random() - 1));
  const widths = [s.inputs, ...s.hidden, s.outputs];
  const layerCount = widths.length - 1;
  const classes = s.task !== "numbers";
  const network: Network = {
    widths,
    activation: s.activation,
    loss: s.task === "classes" ? "cross-entropy" : "mse",
    bias: s.bias,
    factors: widths.slice(1).map((_, l) => (s.ntk ? 1.3 / Math.sqrt(widths[l]) : 1)),
    noise: s.noise.map(({ layer, nodes, sigma }) => ({
      layer: Math.min(layer, layerCount - 1),
      nodes,
      sigma,
    })),
  };
  const split = (rows: number): Split => ({
    rows,
    inputs: s.bytes
      ? Uint8Array.from({ length: rows * s.inputs }, () => Math.floor(256 * random()))
      : draw(rows * s.inputs, 1),
    targets: classes
      ? Uint32Array.from({ length: rows }, () => Math.floor(s.outputs * random()))
      : draw(rows * s.outputs, 1),
  });
  const data: Dataset = {
    name: "random",
    task: classes ? "classification" : "regression",
    inputs: s.inputs,
    outputs: s.outputs,
    scale: s.bytes ? 2 / 255 : 0.8,
    shift: s.bytes ? -1 : 0.1,
    train: split(s.rows),
    test: s.testRows > 0 ? split(s.testRows) : null,
  };
  const plan: Plan = {
    network,
    learningRate: 0.05,
    momentum: s.momentum,
    weightDecay: s.weightDecay,
    batch: Math.min(s.batch, s.rows),
    trainRows: s.rows,
    testRows: s.testRows,
    evaluateRows: Math.min(s.evaluateRows, s.rows),
    classes,
    inputType: s.bytes ? "byte" : "float",
    inputScale: data.scale,
    inputShift: data.shift,
  };
  const start = {
    weights: layouts(network).map(({ outputs, inputs }) => draw(outputs * inputs, 1)),
    biases: layouts(network).map(({ outputs }) => draw(s.bias ? outputs : 0, 0.5)),
    niw: network.noise.map(({ layer, nodes }) => draw(widths[layer + 1] * nodes, 1)),
  };
  const epochs = Array.from({ length: s.steps }, () => ({
    order: shuffled(s.rows, random),
    noise: network.noise.map(({ nodes }) => draw(s.rows * nodes, Math.sqrt(3))),
  }));
  const drawn = (group: number, epoch: number) => (s.noise[group].fixed ? 0 : epoch);
  return {
    plan,
    data,
    start,
    schedule: {
      stepsPerEpoch: Math.floor(plan.trainRows / plan.batch),
      steps: s.steps,
      dense: s.dense,
      every: s.every,
      evaluateEvery: s.evaluateEvery,
      evaluateEarly: s.evaluateEarly,
      stop: {},
      endsWhenDiverged: true,
    },
    order: (epoch) => epochs[epoch].order,
    noise: (g, epoch) => epochs[drawn(g, epoch)].noise[g],
    inputs: {
      weights: (l) => combinedWeights(network, l, start),
      order: (epoch) => epochs[epoch].order,
      noise: (g, epoch) => (drawn(g, epoch) === epoch ? epochs[epoch].noise[g] : null),
    },
  };
}

function shuffled(count: number, random: () => number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor((i + 1) * random());
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
