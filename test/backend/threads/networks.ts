import fc from "fast-check";
import type { Machine } from "../../../ts/backend/machine.js";
import type { ExperimentInput } from "../../../ts/experiment/schema.js";
import { type Prepared, prepare } from "../../../ts/train/prepare.js";
import { runTraining, type TrainerHooks } from "../../../ts/train/trainer.js";

/** Widths around the tiles of products, thin ones among them. */
const width = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 70 }));

/** Small networks with everything that lowering knows, of shapes that threads split and of some that they cannot. */
export const networks: fc.Arbitrary<ExperimentInput> = fc
  .record({
    layers: fc.array(width, { maxLength: 3 }),
    activation: fc.constantFrom("relu", "tanh", "gelu", "linear"),
    init: fc.constantFrom("he", "lecun", "ntk"),
    bias: fc.boolean(),
    loss: fc.constantFrom("cross-entropy", "mse"),
    noise: fc.array(
      fc.record({
        layer: fc.nat(3),
        nodes: fc.integer({ min: 1, max: 5 }),
        sigma: fc.double({ min: 0.1, max: 2, noNaN: true }),
        mode: fc.constantFrom("fresh", "fixed"),
        scheduled: fc.boolean(),
      }),
      { maxLength: 2 },
    ),
    inputs: width,
    classes: fc.integer({ min: 2, max: 12 }),
    batchSize: fc.integer({ min: 1, max: 50 }),
    momentum: fc.constantFrom(0, 0.9),
    weightDecay: fc.constantFrom(0, 0.01),
    dropout: fc.constantFrom(0, 0, 0.3),
    inputNoise: fc.constantFrom(0, 0, 0.2),
    jacobian: fc.constantFrom(0, 0.02),
    seed: fc.nat(),
  })
  .map(
    (s): ExperimentInput => ({
      network: {
        layers: s.layers,
        activation: s.activation,
        init: s.init,
        bias: s.bias,
        loss: s.loss,
      },
      noise: s.noise.map(({ layer, scheduled, ...group }) => ({
        ...group,
        layer: Math.min(layer, s.layers.length),
        ...(scheduled && { schedule: { kind: "cosine", low: 0.2 } }),
      })),
      data: {
        name: "gaussian-mixture",
        inputs: s.inputs,
        classes: s.classes,
        train: 2 * s.batchSize + 7,
        test: 5,
      },
      optimizer: {
        batchSize: s.batchSize,
        momentum: s.momentum,
        weightDecay: s.weightDecay,
        learningRate: 0.02,
      },
      regularization: { dropout: s.dropout, inputNoise: s.inputNoise, jacobian: s.jacobian },
      epochs: 2,
      seed: s.seed,
    }),
  );

/** The bits of everything that a run makes. */
export async function bitsOf(
  machine: Machine,
  prepared: Prepared,
  hooks?: TrainerHooks,
): Promise<string> {
  const { trajectory, weights } = await runTraining(machine, prepared, hooks);
  const columns = Object.entries({ ...trajectory.steps, ...trajectory.evaluations });
  return [...columns, ...weights.entries()]
    .map(([name, values]) => {
      const { buffer, byteOffset, byteLength } = Float64Array.from(values as ArrayLike<number>);
      return `${name} ${Buffer.from(buffer, byteOffset, byteLength).toString("base64")}`;
    })
    .join("\n");
}

export { prepare };
