import { InputError, shown } from "../errors/errors.js";
import { decodeTensors, encodeTensors } from "../format/safetensors.js";
import type { Network } from "../program/network.js";
import type { Parameters } from "../train/parameters.js";
import type { KnownWidths } from "./layerOrder.js";
import { type LayerNames, LayersInFile } from "./layersInFile.js";
import { unlistedLayers } from "./unlistedLayers.js";

/** A network that was trained elsewhere, and where each of its layers stands in its file. */
export interface OwnNetwork {
  /** Widths, activation and loss. */
  readonly network: Network;
  /** Its weights and biases, in float64. */
  readonly parameters: Parameters;
  /** From the input on. */
  readonly layers: readonly LayerNames[];
  /** Tensors of the file that listed layers leave out; always none where the layers are not listed. */
  readonly unused: readonly string[];
}

/**
 * Widths that are known from elsewhere tell orders apart that the file alone leaves open: `inputs` and `outputs` of the
 * data, and `hidden`, which the file must have.
 */
export interface OwnNetworkOptions extends KnownWidths {
  /** Activation of the hidden layers. */
  readonly activation: Network["activation"];
  /** What is averaged over samples. */
  readonly loss: Network["loss"];
  /**
   * Names of the `Linear` layers from the input on: `fc1` (or `fc1.weight`) for `fc1.weight` and `fc1.bias`; `W1:b1` for
   * tensors of any other names, `W1` alone for one without bias. Left out: all matrices, in the only order in which each
   * takes what the one before it puts out; where there are several, in that of the numbers in their names.
   */
  readonly layers?: readonly string[];
  /** False: the file must have no biases. */
  readonly bias?: boolean;
}

/**
 * An MLP's `Linear` layers from a safetensors file, as PyTorch's `state_dict` names them: `*.weight`
 * `[outputs, inputs]`, `*.bias` `[outputs]`; float16, bfloat16, float32 or float64. Names that the metadata gives to
 * tensors besides their own (`safetensors.torch.save_model`, for shared weights) are followed.
 * @throws InputError naming the file if it is no whole safetensors file; the tensor that does not fit or that no layer uses;
 * `layers` where their order is not known.
 */
export function readNetwork(
  bytes: Uint8Array,
  file: string,
  options: OwnNetworkOptions,
): OwnNetwork {
  const { activation, loss, layers: wanted } = options;
  const found = new LayersInFile(decodeTensors(bytes, file), file);
  const layers = wanted?.map((name) => found.layerNamed(name)) ?? unlistedLayers(found, options);
  if (layers.length === 0) {
    throw new InputError("layers", "layers is empty: takes the names of Linear layers");
  }
  const widths: number[] = [];
  const weights: Float64Array[] = [];
  const biases: Float64Array[] = [];
  for (const layer of layers) {
    const { outputs, inputs, values } = found.weightOf(layer);
    if (widths.length === 0) widths.push(inputs);
    const before = widths[widths.length - 1];
    if (inputs !== before) {
      throw new InputError(
        layer.weight,
        `${file}, ${layer.weight} has shape (${outputs}, ${inputs}): the layer before it has ${before} outputs; name the Linear layers in order (layers)`,
      );
    }
    widths.push(outputs);
    weights.push(values);
    biases.push(found.biasOf(layer, outputs));
  }
  checkAgainst(options, file, widths, layers);
  const used = new Set(
    layers.flatMap(({ weight, bias }) => [weight, bias ?? weight].map((name) => found.own(name))),
  );
  const factors = layers.map(() => 1);
  return {
    network: { widths, activation, loss, bias: true, factors, noise: [] },
    parameters: { weights, biases, niw: [] },
    layers,
    unused: found.names().filter((name) => !used.has(found.own(name))),
  };
}

function checkAgainst(
  { hidden, bias }: OwnNetworkOptions,
  file: string,
  widths: readonly number[],
  layers: readonly LayerNames[],
): void {
  const has = widths.slice(1, -1);
  if (hidden && String(hidden) !== String(has)) {
    throw new InputError(
      "network.layers",
      `network.layers is ${shown(hidden)}: the hidden layers of ${file} have the widths ${shown(has)}`,
    );
  }
  const biased = layers.find((layer) => layer.bias !== null);
  if (bias === false && biased) {
    throw new InputError("network.bias", `network.bias is false: ${file} has ${biased.bias}`);
  }
}

/** The inverse of `readNetwork`: float32 tensors under the names that the layers had. */
export function writeNetwork(
  { weights, biases }: Pick<Parameters, "weights" | "biases">,
  layers: readonly LayerNames[],
): Uint8Array<ArrayBuffer> {
  const tensors: [string, Float32Array][] = [];
  const shapes: [string, readonly number[]][] = [];
  layers.forEach(({ weight, bias }, l) => {
    const outputs = biases[l].length;
    tensors.push([weight, Float32Array.from(weights[l])]);
    shapes.push([weight, [outputs, weights[l].length / outputs]]);
    if (bias !== null) tensors.push([bias, Float32Array.from(biases[l])]);
  });
  return encodeTensors({
    tensors: Object.fromEntries(tensors),
    shapes: Object.fromEntries(shapes),
    metadata: { format: "pt" },
  });
}
