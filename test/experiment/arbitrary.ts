import fc from "fast-check";
import type { ExperimentInput } from "../../ts/experiment/schema.js";

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const some = <T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(shape, { requiredKeys: [] });

const data = fc.oneof(
  fc.record(
    {
      name: fc.constant("gaussian-mixture" as const),
      inputs: fc.integer({ min: 1, max: 20 }),
      classes: fc.integer({ min: 2, max: 5 }),
      train: fc.integer({ min: 24, max: 60 }),
      test: fc.integer({ min: 0, max: 30 }),
    },
    { requiredKeys: ["name", "train"] },
  ),
  fc.record(
    {
      name: fc.constant("spiral" as const),
      turns: number(0, 3),
      train: fc.integer({ min: 24, max: 60 }),
    },
    { requiredKeys: ["name", "train"] },
  ),
);

/** Experiments that are sound, with any of their fields left out. */
export const valid: fc.Arbitrary<ExperimentInput> = fc
  .record(
    {
      network: some({
        layers: fc.array(fc.integer({ min: 1, max: 16 }), { maxLength: 3 }),
        activation: fc.constantFrom("relu", "tanh", "gelu", "linear"),
        loss: fc.constantFrom("cross-entropy", "mse"),
        bias: fc.boolean(),
        init: fc.constantFrom("he", "lecun", "ntk"),
        scale: number(0.1, 2),
      }),
      noise: fc.array(
        some({
          layer: fc.constant(0),
          nodes: fc.integer({ min: 1, max: 4 }),
          sigma: number(0, 20),
          distribution: fc.constantFrom("normal", "uniform", "rademacher"),
          mode: fc.constantFrom("fresh", "fixed"),
          scale: number(0, 2),
          schedule: fc.oneof(
            fc.constant({ kind: "constant" as const }),
            fc.record({
              kind: fc.constant("periodic" as const),
              on: fc.integer({ min: 1, max: 3 }),
            }),
            fc.record({ kind: fc.constant("cosine" as const), low: number(0, 1) }),
          ),
        }),
        { maxLength: 3 },
      ),
      data,
      optimizer: some({
        learningRate: number(1e-4, 0.5),
        batchSize: fc.oneof(fc.constant("full" as const), fc.integer({ min: 1, max: 24 })),
        momentum: number(0, 0.9),
        weightDecay: number(0, 0.1),
      }),
      regularization: some({
        dropout: number(0, 0.9),
        inputNoise: number(0, 2),
        jacobian: number(0, 0.1),
      }),
      stop: some({ trainAccuracy: number(0, 1), loss: number(0, 1) }),
      record: some({
        dense: fc.nat(50),
        every: fc.integer({ min: 1, max: 9 }),
        evaluateEvery: fc.integer({ min: 1, max: 3 }),
        evaluateSamples: fc.integer({ min: 1, max: 24 }),
      }),
      seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    },
    { requiredKeys: ["data", "optimizer"] },
  )
  .map(
    (input) => ({ ...input, optimizer: { batchSize: 8, ...input.optimizer } }) as ExperimentInput,
  );
