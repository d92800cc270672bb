import { InputError } from "../errors/errors.js";
import type { Network } from "../program/network.js";
import type { Parameters } from "./parameters.js";
import { decodeTensors, encodeTensors } from "./store/safetensors.js";

/** A network that was trained elsewhere, and where each of its layers stands in its file. */
export interface OwnNetwork {
  readonly network: Network;
  readonly parameters: Parameters;
  /** Names of the layers' weights, from the input on. */
  readonly names: readonly string[];
}

export interface OwnNetworkOptions {
  readonly activation: Network["activation"];
  readonly loss: Network["loss"];
  /** Names of the `Linear` layers (`fc1`, or `fc1.weight`), from the input on; left out: in the order of their names. */
  readonly layers?: readonly string[];
}

/**
 * An MLP's `Linear` layers from a safetensors file, as PyTorch's `state_dict` names them: `*.weight`
 * `[outputs, inputs]`, `*.bias` `[outputs]`.
 * @throws InputError naming the tensor that does not fit; RunError if the file is damaged.
 */
export function readNetwork(
  bytes: Uint8Array,
  file: string,
  { activation, loss, layers }: OwnNetworkOptions,
): OwnNetwork {
  const { tensors, shapes = {} } = decodeTensors(bytes, file);
  const matrices = Object.keys(shapes).filter((name) => shapes[name].length === 2);
  const names = layers
    ? layers.map((name) => (name in tensors ? name : `${name}.weight`))
    : matrices.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  if (names.length === 0) {
    throw new InputError("layers", `${file} has no matrices: takes the weights of Linear layers`);
  }
  const widths: number[] = [];
  const weights: Float64Array[] = [];
  const biases: Float64Array[] = [];
  for (const name of names) {
    if (!matrices.includes(name)) {
      throw new InputError(
        "layers",
        `${file} has no matrix "${name}": its matrices are ${matrices.join(", ")}`,
      );
    }
    const [outputs, inputs] = shapes[name];
    if (widths.length > 0 && inputs !== widths[widths.length - 1]) {
      throw new InputError(
        name,
        `${file}, ${name} has shape (${outputs}, ${inputs}): the layer before it has ${widths[widths.length - 1]} outputs; give the layers in order`,
      );
    }
    if (widths.length === 0) widths.push(inputs);
    widths.push(outputs);
    weights.push(Float64Array.from(tensors[name]));
    const bias = tensors[biasOf(name)];
    if (bias && bias.length !== outputs) {
      throw new InputError(
        biasOf(name),
        `${file}, ${biasOf(name)} has ${bias.length} numbers: takes ${outputs}`,
      );
    }
    biases.push(bias ? Float64Array.from(bias) : new Float64Array(outputs));
  }
  const factors = names.map(() => 1);
  const network: Network = { widths, activation, loss, bias: true, factors, noise: [] };
  return { network, parameters: { weights, biases, niw: [] }, names };
}

/** The inverse of `readNetwork`: float32 tensors under the names that the layers had. */
export function writeNetwork(
  { weights, biases }: Pick<Parameters, "weights" | "biases">,
  names: readonly string[],
): Uint8Array<ArrayBuffer> {
  const tensors: Record<string, Float32Array> = {};
  const shapes: Record<string, readonly number[]> = {};
  names.forEach((name, l) => {
    const outputs = biases[l].length;
    tensors[name] = Float32Array.from(weights[l]);
    shapes[name] = [outputs, weights[l].length / outputs];
    tensors[biasOf(name)] = Float32Array.from(biases[l]);
  });
  return encodeTensors({ tensors, shapes, metadata: { format: "pt" } });
}

function biasOf(weight: string): string {
  return weight.replace(/weight$/, "bias");
}
