import { layouts, type Network } from "../program/network.js";
import type { RunInputs } from "./inputs.js";

/** `[W | b | W_NI]` of each layer, as `layouts` places them. */
export type Weights = readonly Float64Array[];

/** Trained parameters, each row-major in float64: `W_l` `[outputs, inputs]`, `b_l` `[outputs]`, `V_g` `[outputs, nodes]`. */
export interface Parameters {
  /** Weights of each layer. */
  readonly weights: readonly Float64Array[];
  /** Empty arrays where the network has no bias. */
  readonly biases: readonly Float64Array[];
  /** The noise injection weights of each noise group. */
  readonly niw: readonly Float64Array[];
}

/** Takes each layer's `[W | b | W_NI]` apart. */
export function parametersOf(network: Network, combined: Weights): Parameters {
  const parts = layouts(network);
  const columns = (l: number, first: number, count: number) => {
    const { outputs, columns: stride } = parts[l];
    const out = new Float64Array(outputs * count);
    for (let r = 0; r < outputs; r++) {
      out.set(combined[l].subarray(r * stride + first, r * stride + first + count), r * count);
    }
    return out;
  };
  const niw = network.noise.map((_, group) => {
    const l = network.noise[group].layer;
    const place = parts[l].noiseColumns.find((n) => n.group === group);
    return place ? columns(l, place.column, place.nodes) : new Float64Array(0);
  });
  return {
    weights: parts.map(({ inputs }, l) => columns(l, 0, inputs)),
    biases: parts.map(({ biasColumn }, l) =>
      columns(l, Math.max(biasColumn, 0), biasColumn < 0 ? 0 : 1),
    ),
    niw,
  };
}

/** Puts parts together to a layer's `[W | b | W_NI]`, `[outputs, columns]`. */
export function combinedWeights(
  network: Network,
  layer: number,
  {
    weights,
    biases,
    niw,
  }: {
    weights: readonly ArrayLike<number>[];
    biases: readonly ArrayLike<number>[];
    niw: readonly ArrayLike<number>[];
  },
): Float64Array {
  const { outputs, inputs, columns, biasColumn, noiseColumns } = layouts(network)[layer];
  const out = new Float64Array(outputs * columns);
  for (let r = 0; r < outputs; r++) {
    const row = out.subarray(r * columns, (r + 1) * columns);
    for (let c = 0; c < inputs; c++) row[c] = weights[layer][r * inputs + c];
    if (biasColumn >= 0) row[biasColumn] = biases[layer][r];
    for (const { group, column, nodes } of noiseColumns) {
      for (let c = 0; c < nodes; c++) row[column + c] = niw[group][r * nodes + c];
    }
  }
  return out;
}

/** The parameters that a run starts from. */
export function initialParameters(
  network: Network,
  inputs: Pick<RunInputs, "weights">,
): Parameters {
  const weights = network.widths.slice(1).map((_, l) => Float64Array.from(inputs.weights(l)));
  return parametersOf(network, weights);
}
