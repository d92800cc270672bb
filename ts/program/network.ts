import type { ScheduleSpec } from "../experiment/schema.js";
import type { Activation } from "./ops.js";

/** A group of noise injection nodes, as input to lowering. */
export interface NoiseNodes {
  /** Weight layer whose pre-activations the nodes add to. */
  readonly layer: number;
  /** Number of nodes. */
  readonly nodes: number;
  /** Standard deviation of their noise. */
  readonly sigma: number;
  /** Whether each sample keeps its noise. Lowering does not depend on it. */
  readonly mode?: "fresh" | "fixed";
  /** How `sigma` changes from step to step. Lowering depends only on whether it does. */
  readonly schedule?: ScheduleSpec;
}

/** An MLP with its noise injection nodes, as input to lowering. */
export interface Network {
  /** Input, hidden and output widths; weight layer l goes from `widths[l]` to `widths[l + 1]`. */
  readonly widths: readonly number[];
  /** Activation of the hidden layers. */
  readonly activation: Activation;
  /** The loss that is averaged over samples. */
  readonly loss: "cross-entropy" | "mse";
  /** Whether layers have biases. */
  readonly bias: boolean;
  /** `c_l` in `z = c_l W x + b + W_NI eps`, for each layer: 1, or the factor of the NTK parametrisation. */
  readonly factors: readonly number[];
  /** Its noise injection nodes. */
  readonly noise: readonly NoiseNodes[];
}

/** The columns of layer l's weights `[W | b | W_NI]` in the matrix `weights.l`, `[outputs, columns]`. */
export interface LayerLayout {
  readonly outputs: number;
  readonly inputs: number;
  /** Column of the bias; -1 if there is none. */
  readonly biasColumn: number;
  /** First column of each of this layer's noise groups. */
  readonly noiseColumns: readonly {
    readonly group: number;
    readonly column: number;
    readonly nodes: number;
  }[];
  readonly columns: number;
}

export function layouts(network: Network): LayerLayout[] {
  return network.widths.slice(1).map((outputs, layer) => {
    const inputs = network.widths[layer];
    const biasColumn = network.bias ? inputs : -1;
    let columns = inputs + (network.bias ? 1 : 0);
    const noiseColumns = [];
    for (const [group, { layer: at, nodes }] of network.noise.entries()) {
      if (at !== layer) continue;
      noiseColumns.push({ group, column: columns, nodes });
      columns += nodes;
    }
    return { outputs, inputs, biasColumn, noiseColumns, columns };
  });
}

/**
 * Whether this is the model of the theory's section 3, in which the noise weights act only through `alpha w2^T W_NI`:
 * one linear hidden layer, one output, squared error, and one group of nodes at the first layer.
 */
export function isLinearModel(network: Network): boolean {
  return (
    network.widths.length === 3 &&
    network.widths[2] === 1 &&
    network.activation === "linear" &&
    network.loss === "mse" &&
    network.noise.length === 1 &&
    network.noise[0].layer === 0
  );
}
