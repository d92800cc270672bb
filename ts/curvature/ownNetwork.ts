import { InputError, shown } from "../errors/errors.js";
import { decodeTensors, encodeTensors } from "../format/safetensors.js";
import type { Network } from "../program/network.js";
import type { Parameters } from "../train/parameters.js";
import type { KnownWidths } from "./layerOrder.js";
import { type LayerNames, LayersInFile } from "./layersInFile.js";
import { unlistedLayers } from "./unlistedLayers.js";

/** A network that was trained elsewhere, and the names of its layers' tensors in its file. */
export interface OwnNetwork {
  /** Widths, activation and loss. */
  readonly network: Network;
  /** Its weights and biases, in float64. */
  readonly parameters: Parameters;
  /** The names of each layer's tensors, from the input on. */
  readonly layers: readonly LayerNames[];
  /** Tensors of the file that the listed layers do not use; always empty if the layers are not listed. */
  readonly unused: readonly string[];
}

/**
 * How to read a network. Known widths help to find the order of the layers where the file alone allows several:
 * `inputs` and `outputs` of the data, and `hidden`, which the network in the file must have.
 */
export interface OwnNetworkOptions extends KnownWidths {
  /** Activation of the hidden layers. */
  readonly activation: Network["activation"];
  /** The loss that is averaged over samples. */
  readonly loss: Network["loss"];
  /**
   * Names of the `Linear` layers from the input on. `fc1` (or `fc1.weight`) stands for `fc1.weight` and `fc1.bias`;
   * `W1:b1` for tensors with any other names; `W1` alone for a layer without bias. Default: all matrices, in the only
   * order in which each takes the outputs of the one before it. If there are several such orders, the numbers in the
   * names decide.
   */
  readonly layers?: readonly string[];
  /** False if the network in the file must have no biases. */
  readonly bias?: boolean;
}

/**
 * Reads an MLP's `Linear` layers from a safetensors file, with names as in PyTorch's `state_dict`: `*.weight`
 * `[outputs, inputs]` and `*.bias` `[outputs]`, in float16, bfloat16, float32 or float64. It also follows the
 * additional names that the file's metadata gives to tensors (`safetensors.torch.save_model`, for shared weights).
 * @throws InputError that names the file if it is not a whole safetensors file, the tensor that does not match or that
 * no layer uses, or `layers` if the order of the layers is not known.
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
    layers.flatMap(({ weight, bias }) =>
      [weight, bias ?? weight].map((name) => found.storedName(name)),
    ),
  );
  const factors = layers.map(() => 1);
  return {
    network: { widths, activation, loss, bias: true, factors, noise: [] },
    parameters: { weights, biases, niw: [] },
    layers,
    unused: found.names().filter((name) => !used.has(found.storedName(name))),
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

/** The inverse of `readNetwork`: writes float32 tensors under the layers' names. */
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
