import * as v from "valibot";
import { checkLength, checkSingles, kindOf, refuse } from "../data/checkDataset.js";
import { InputError, shown } from "../errors/errors.js";
import { parseWith } from "../schema/parseWith.js";
import { isPlainObject } from "../schema/plainObject.js";
import { choice, flag, integer, list, real } from "../schema/takes.js";
import type { Model } from "./model.js";

const MOST_LAYERS = 65;
const ARRAYS = ["Float64Array", "Float32Array"];

const shape = v.strictObject({
  widths: list(integer(1), MOST_LAYERS + 1, "takes a list of widths, from inputs to outputs"),
  activation: choice(["relu", "tanh", "gelu", "linear"]),
  loss: choice(["cross-entropy", "mse"]),
  bias: flag(),
  factors: list(real(0, { exclusive: true }), MOST_LAYERS, "takes a list of numbers, one a layer"),
});

/**
 * Checks a trained network that a caller gave: its shape, and the length and numbers of its parameters.
 * @param field what messages call it.
 * @throws InputError that names the part, its value and what is accepted.
 */
export function checkNetwork(
  own: unknown,
  field: string,
): asserts own is Pick<Model, "network" | "parameters"> {
  if (!isPlainObject(own)) refuse(field, own, "an object with network and parameters");
  const { network, parameters } = own;
  if (!isPlainObject(network)) refuse(`${field}.network`, network, "the shape of a network");
  if (!isPlainObject(parameters)) refuse(`${field}.parameters`, parameters, "weights and biases");
  const { noise: _, ...rest } = network;
  const { widths, factors, bias } = named(`${field}.network`, () =>
    parseWith(shape, rest, `${field}.network`),
  );
  const layers = widths.length - 1;
  if (layers < 1) refuse(`${field}.network.widths`, widths, "inputs and outputs at least");
  if (factors.length !== layers) {
    refuse(`${field}.network.factors`, factors, `${layers} numbers, one a layer`);
  }
  const outputs = (l: number) => widths[l + 1];
  checkArrays(parameters.weights, `${field}.parameters.weights`, layers, (l) => [
    outputs(l),
    widths[l],
  ]);
  checkArrays(parameters.biases, `${field}.parameters.biases`, layers, (l) => [
    bias ? outputs(l) : 0,
    1,
  ]);
}

/** Puts the place of the network before the field of an error. */
function named<T>(place: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof InputError) || error.field === place) throw error;
    throw new InputError(`${place}.${error.field}`, `${place}.${error.message}`);
  }
}

function checkArrays(
  arrays: unknown,
  field: string,
  layers: number,
  size: (layer: number) => readonly [rows: number, width: number],
): void {
  if (!Array.isArray(arrays) || arrays.length !== layers) {
    const given = Array.isArray(arrays) ? `a list of ${arrays.length}` : shown(arrays);
    throw new InputError(field, `${field} is ${given}: takes ${layers} arrays, one a layer`);
  }
  arrays.forEach((values, l) => {
    const own = `${field}.${l}`;
    const [rows, width] = size(l);
    const kind = kindOf(values);
    if (!ARRAYS.includes(kind)) refuse(own, kind, `one of ${ARRAYS.join(", ")}`, String);
    checkLength(values, rows, width, own);
    checkSingles(values, width, own);
  });
}
