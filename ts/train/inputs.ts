import { squares } from "../analysis/vectors.js";
import type { Values } from "../backend/machine.js";
import type { Experiment } from "../experiment/schema.js";
import { type LayerLayout, layouts } from "../program/network.js";
import type { Plan } from "../program/workspace.js";
import type { Streams } from "../random/streams.js";

/** Everything random about a run: drawn from a seed (`seededInputs`), or given in order to replay another run. */
export interface RunInputs {
  /** Initial `[W | b | W_NI]` of layer l, `[outputs, columns]`. */
  weights(layer: number): Values;
  /** The order in which an epoch visits the training samples; null: their own order. */
  order(epoch: number): Uint32Array | null;
  /**
   * Unit-variance noise of a group in an epoch, `[trainRows, nodes]` by sample; null: that of the epoch before. The next draw may
   * overwrite it.
   */
  noise(group: number, epoch: number): Values | null;
  /** With dropout: 1 where an epoch keeps an activation that leads to layer l, otherwise 0, `[trainRows, inputs]` by sample. */
  kept?(layer: number, epoch: number): Uint8Array;
  /**
   * With noise on the inputs: its unit-variance noise of an epoch, `[trainRows, inputs]` by sample. The next draw may overwrite
   * it.
   */
  inputNoise?(epoch: number): Values;
  /** With the penalty on the Jacobian: an epoch's unit vectors, `[trainRows, outputs]` by sample. */
  directions?(epoch: number): Values;
}

/**
 * Draws the inputs from an experiment's seed. Weights are rounded to float32, so that every machine starts from the same
 * numbers. With a full batch the order does not matter, and samples are taken in their own order.
 */
export function seededInputs(experiment: Experiment, plan: Plan, streams: Streams): RunInputs {
  const layers = layouts(plan.network);
  return {
    weights: (l) => initialWeights(experiment, layers[l], l, plan, streams),
    order: (epoch) =>
      plan.batch === plan.trainRows ? null : streams.permutation("order", 0, epoch, plan.trainRows),
    noise: (g, epoch) => {
      const { nodes, distribution, mode } = experiment.noise[g];
      if (mode === "fixed" && epoch > 0) return null;
      return streams.drawn("noise", g, distribution, epoch, plan.trainRows, nodes);
    },
    kept: (l, epoch) => {
      // A word is below `dropout 2^32` with that probability.
      const below = Math.round((plan.dropout ?? 0) * 2 ** 32);
      const words = streams.words("dropout", l, epoch, plan.trainRows, layers[l].inputs);
      // Much faster than `Uint8Array.from` with a function.
      return new Uint8Array(words.map((word) => (word < below ? 0 : 1)));
    },
    inputNoise: (epoch) =>
      streams.drawn("inputNoise", 0, "normal", epoch, plan.trainRows, plan.network.widths[0]),
    directions: (epoch) => {
      const { outputs } = layers[layers.length - 1];
      const draws = streams.draw("jacobian", 0, "normal", epoch, plan.trainRows, outputs);
      for (let i = 0; i < draws.length; i += outputs) {
        const row = draws.subarray(i, i + outputs);
        // A row of zeros has no direction, and stays.
        const length = Math.sqrt(squares(row)) || 1;
        row.set(row.map((value) => value / length));
      }
      return draws;
    },
  };
}

function initialWeights(
  { network, noise }: Experiment,
  layout: LayerLayout,
  l: number,
  plan: Plan,
  streams: Streams,
): Float32Array {
  const { outputs, inputs, columns } = layout;
  const gain = network.init === "he" ? 2 : 1;
  const deviation = network.init === "ntk" ? 1 : network.scale * Math.sqrt(gain / inputs);
  const weights = new Float32Array(outputs * columns);
  const fill = (column: number, values: Float32Array, width: number, scale: number) => {
    for (let r = 0; r < outputs; r++) {
      for (let c = 0; c < width; c++) {
        weights[r * columns + column + c] = scale * values[r * width + c];
      }
    }
  };
  fill(0, streams.draw("weights", l, "normal", 0, outputs, inputs), inputs, deviation);
  for (const { group, column, nodes } of layout.noiseColumns) {
    const scale = noise[group].scale * deviation * plan.network.factors[l];
    fill(column, streams.draw("niw", group, "normal", 0, outputs, nodes), nodes, scale);
  }
  return weights;
}
