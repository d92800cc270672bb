import { curvatureOf } from "../../../ts/curvature/curvatureOf.js";
import type { NetworkCurvature } from "../../../ts/curvature/networkCurvature.js";
import { readNetwork } from "../../../ts/curvature/ownNetwork.js";
import type { DataInput } from "../../../ts/data/specs.js";
import { lossFor } from "../../../ts/experiment/checkAgainstData.js";
import type { Experiment } from "../../../ts/experiment/schema.js";
import type { Kernels } from "../../../ts/kernels/kernels.js";
import { load } from "./ownData.js";

type Activation = Experiment["network"]["activation"];

/** What a safetensors file holds, read as an MLP. */
export interface NetworkInFile {
  readonly widths: readonly number[];
  /** The names of each layer's weight and bias. */
  readonly layers: readonly { readonly weight: string; readonly bias: string | null }[];
}

/** @throws InputError of the library's reader. */
export function describeNetwork(bytes: Uint8Array, name: string): NetworkInFile {
  const { network, layers } = readNetwork(bytes, name, { activation: "relu", loss: "mse" });
  return { widths: network.widths, layers };
}

/**
 * Reads the curvature of the loss of a network from a file at one of its layers, on the samples that `spec` names.
 * @throws InputError if the two do not match.
 */
export async function readCurvature(
  bytes: Uint8Array,
  name: string,
  spec: DataInput,
  { activation, layer }: { activation: Activation; layer: number },
  kernels: Kernels,
): Promise<NetworkCurvature> {
  const dataset = await load(spec, kernels);
  const { inputs, outputs } = dataset;
  const loss = lossFor(dataset, undefined);
  const own = readNetwork(bytes, name, { activation, loss, inputs, outputs });
  return curvatureOf(own, dataset, { layer, kernels, backend: "wasm" });
}
