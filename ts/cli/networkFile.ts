import { join } from "node:path";
import { writeNetwork } from "../curvature/ownNetwork.js";
import type { RunResult } from "../jobs/train.js";
import { writeWhole } from "../store/node/atomic.js";

/** The trained network in a folder of results. */
export const NETWORK_FILE = "network.safetensors";

/**
 * Writes a trained network without its noise nodes, named as PyTorch names the layers of a list. A factor of the NTK
 * parametrisation becomes part of the weights. A network that diverged is not written.
 */
export async function writeNetworkFile(
  folder: string,
  { experiment: { network }, dataset, parameters }: RunResult,
): Promise<void> {
  if (!parameters.weights.every((values) => values.every(Number.isFinite))) return;
  const widths = [dataset.inputs, ...network.layers, dataset.outputs];
  const factorOf = (l: number) =>
    network.init === "ntk" ? network.scale / Math.sqrt(widths[l]) : 1;
  const weights = parameters.weights.map((values, l) => values.map((w) => factorOf(l) * w));
  const biases = parameters.biases.map((values, l) =>
    network.bias ? values : new Float64Array(widths[l + 1]),
  );
  const layers = weights.map((_, l) => ({
    weight: `layers.${l}.weight`,
    bias: network.bias ? `layers.${l}.bias` : null,
  }));
  await writeWhole(join(folder, NETWORK_FILE), writeNetwork({ weights, biases }, layers));
}
