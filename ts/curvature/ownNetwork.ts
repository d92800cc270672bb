import { InputError } from "../errors/errors.js";
import { decodeTensors, encodeTensors, type Tensors } from "../format/safetensors.js";
import type { Network } from "../program/network.js";
import type { Parameters } from "../train/parameters.js";

/** Where a layer stands in a file. */
export interface LayerNames {
  readonly weight: string;
  /** Null: it has none. */
  readonly bias: string | null;
}

/** A network that was trained elsewhere, and where each of its layers stands in its file. */
export interface OwnNetwork {
  readonly network: Network;
  readonly parameters: Parameters;
  /** From the input on. */
  readonly layers: readonly LayerNames[];
}

export interface OwnNetworkOptions {
  readonly activation: Network["activation"];
  readonly loss: Network["loss"];
  /**
   * Names of the `Linear` layers from the input on: `fc1` (or `fc1.weight`) for `fc1.weight` and `fc1.bias`; `W1:b1` for
   * tensors of any other names, `W1` alone for one without bias. Left out: all matrices in the order of their names.
   */
  readonly layers?: readonly string[];
}

/**
 * An MLP's `Linear` layers from a safetensors file, as PyTorch's `state_dict` names them: `*.weight`
 * `[outputs, inputs]`, `*.bias` `[outputs]`; float16, bfloat16, float32 or float64.
 * @throws InputError naming the tensor that does not fit; RunError if the file is damaged.
 */
export function readNetwork(
  bytes: Uint8Array,
  file: string,
  { activation, loss, layers: wanted }: OwnNetworkOptions,
): OwnNetwork {
  const found = decodeTensors(bytes, file);
  const matrices = matricesOf(found);
  const layers = (wanted ?? matrices).map((name) => namesOf(name, found));
  if (layers.length === 0) {
    throw new InputError("layers", `${file} has no matrices: takes the weights of Linear layers`);
  }
  const other = wanted ? undefined : matrices.find((name) => !/weight$/.test(name));
  if (other !== undefined) {
    throw new InputError(
      "layers",
      `${file}, ${other} is not called *.weight, so that its bias is not known: name the layers, such as ${other}:BIAS (layers)`,
    );
  }
  const widths: number[] = [];
  const weights: Float64Array[] = [];
  const biases: Float64Array[] = [];
  for (const { weight, bias } of layers) {
    if (!matrices.includes(weight)) throw noMatrix(file, weight, found);
    const [outputs, inputs] = found.shapes?.[weight] ?? [];
    const before = widths[widths.length - 1];
    if (widths.length > 0 && inputs !== before) {
      throw new InputError(
        weight,
        `${file}, ${weight} has shape (${outputs}, ${inputs}): the layer before it has ${before} outputs; name the Linear layers in order (layers)`,
      );
    }
    if (widths.length === 0) widths.push(inputs);
    widths.push(outputs);
    weights.push(finite(file, weight, found));
    if (bias === null) {
      biases.push(new Float64Array(outputs));
      continue;
    }
    if (!Object.hasOwn(found.tensors, bias)) {
      throw new InputError("layers", `${file} has no vector "${bias}" for the bias of ${weight}`);
    }
    const { length } = found.tensors[bias];
    if (length !== outputs) {
      throw new InputError(bias, `${file}, ${bias} has ${length} numbers: takes ${outputs}`);
    }
    biases.push(finite(file, bias, found));
  }
  const factors = layers.map(() => 1);
  const network: Network = { widths, activation, loss, bias: true, factors, noise: [] };
  return { network, parameters: { weights, biases, niw: [] }, layers };
}

/** The inverse of `readNetwork`: float32 tensors under the names that the layers had. */
export function writeNetwork(
  { weights, biases }: Pick<Parameters, "weights" | "biases">,
  layers: readonly LayerNames[],
): Uint8Array<ArrayBuffer> {
  const tensors: Record<string, Float32Array> = {};
  const shapes: Record<string, readonly number[]> = {};
  layers.forEach(({ weight, bias }, l) => {
    const outputs = biases[l].length;
    tensors[weight] = Float32Array.from(weights[l]);
    shapes[weight] = [outputs, weights[l].length / outputs];
    if (bias !== null) tensors[bias] = Float32Array.from(biases[l]);
  });
  return encodeTensors({ tensors, shapes, metadata: { format: "pt" } });
}

function matricesOf({ shapes = {} }: Tensors): string[] {
  return Object.keys(shapes)
    .filter((name) => shapes[name].length === 2)
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

function namesOf(name: string, { tensors, others = {} }: Tensors): LayerNames {
  const [own, given] = name.split(":");
  const weight = Object.hasOwn({ ...tensors, ...others }, own) ? own : `${own}.weight`;
  if (given !== undefined) return { weight, bias: given };
  const bias = weight.replace(/weight$/, "bias");
  return { weight, bias: bias !== weight && Object.hasOwn(tensors, bias) ? bias : null };
}

function noMatrix(file: string, name: string, found: Tensors): InputError {
  const dtype = found.others?.[name];
  return new InputError(
    "layers",
    dtype
      ? `${file}, ${name} holds ${dtype}: takes F16, BF16, F32 or F64`
      : `${file} has no matrix "${name}": its matrices are ${matricesOf(found).join(", ") || "none"}`,
  );
}

function finite(file: string, name: string, { tensors }: Tensors): Float64Array {
  const at = tensors[name].findIndex((value: number) => !Number.isFinite(value));
  if (at < 0) return Float64Array.from(tensors[name]);
  throw new InputError(
    name,
    `${file}, ${name} holds ${tensors[name][at]} at place ${at}: takes finite numbers`,
  );
}
