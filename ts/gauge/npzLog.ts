import { isFloat, type NpyArray } from "../data/npy.js";
import { npzNames, readNpz } from "../data/npz.js";
import { jsonOf } from "../data/text.js";
import { cut, InputError } from "../errors/errors.js";
import { parseWith } from "../schema/parseWith.js";
import { type GaugeLog, LOGGED_NODES, type LoggedStep, LogRecords } from "./gaugeLog.js";

const NEEDED = ["meta", "step", "loss", "niw", "gradient"];

/**
 * Reads a log from a NumPy `.npz` file with the arrays `meta` (a JSON object as bytes: width, nodes, sigma, learningRate,
 * batch), `step` [n], `loss` [n], `niw` and `gradient` [n, width, nodes] and, if it is there, `noiseSquare` [n]. A loss or a
 * noiseSquare of NaN is one that the loop did not tell.
 *
 * - The reading of a step is `<W, dL/dW> / (s2 |W|^2)` with `s2 = noiseSquare`, or `sigma^2` where it is not told.
 * - The memory is that of the first row of `niw`.
 * - The kick is `learningRate sqrt(|dL/dW|^2 - <W, dL/dW>^2 / |W|^2)`: the part of the update across `W`. It estimates the random
 *   part, because noise pushes in all directions and `W` is only one. It is too large where the curvature itself turns `W`.
 * - If `niw` or `gradient` is non-finite from some row to the last one, training diverged: the records end there with one of
 *   infinite loss.
 * @param field names the file in errors.
 * @throws InputError that names the array, what is wrong with it, and what would be right.
 */
export function readNpzLog(bytes: Uint8Array, field: string): GaugeLog {
  const arrays = readNpz(bytes, field, [...NEEDED, "noiseSquare"], "kept");
  const missing = NEEDED.find((name) => !arrays.has(name));
  if (missing) {
    const found = cut(npzNames(bytes, field).join(", ")) || "none";
    throw new InputError(
      missing,
      `${field}: the array ${missing} is missing: takes the arrays ${NEEDED.join(", ")}; found ${found}`,
    );
  }
  const place = (name: string) => `${field}, array ${name}`;
  const nodes = nodesOf(arrays.get("meta") as NpyArray, place("meta"));
  const { width, nodes: count } = nodes;
  const array = (name: string) => arrays.get(name) as NpyArray;
  const rows = array("step").shape[0] ?? 0;
  const checked = (name: string, shape: readonly number[], why: string) => {
    const found = array(name);
    if (found.shape.join() === shape.join()) return found.values;
    throw new InputError(
      place(name),
      `${place(name)}: its shape is (${cut(found.shape.join(", "))}): takes (${shape.join(", ")}), ${why}`,
    );
  };
  const floats = (name: string, shape: readonly number[], why: string) => {
    if (isFloat(array(name))) return checked(name, shape, why);
    throw new InputError(
      place(name),
      `${place(name)}: its type is ${array(name).dtype}: takes floating-point numbers`,
    );
  };
  const steps = checked("step", [rows], "one number for each step");
  const each = "one number for each of step";
  const all = "a row for each of step, with the width and nodes of meta";
  const loss = floats("loss", [rows], each);
  const niw = floats("niw", [rows, width, count], all);
  const gradient = floats("gradient", [rows, width, count], all);
  const squares = arrays.has("noiseSquare") ? floats("noiseSquare", [rows], each) : null;
  const records = new LogRecords(nodes, field);
  const size = width * count;
  const start = niw.subarray(0, size);
  for (let i = 0; i < rows; i++) {
    const where = `${field}, row ${i}`;
    const [at, end] = [i * size, (i + 1) * size];
    records.add(
      {
        ...{ step: wholeStep(steps[i], where), loss: loss[i] },
        ...products(start, niw.subarray(at, end), gradient.subarray(at, end)),
        ...{ noiseSquare: squares?.[i] ?? Number.NaN, error: Number.NaN },
      },
      where,
    );
  }
  return records.log();
}

function nodesOf({ dtype, values }: NpyArray, place: string) {
  const fail = (why: string): never => {
    throw new InputError(place, `${place}: ${why}`);
  };
  if (!(values instanceof Uint8Array)) {
    return fail(`its type is ${dtype}: takes the bytes (uint8) of a JSON object`);
  }
  const told = jsonOf(values, fail);
  try {
    return parseWith(LOGGED_NODES, told, "meta");
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.field, `${place}: ${error.message}`);
  }
}

function wholeStep(step: number, where: string): number {
  if (Number.isSafeInteger(step) && step >= 0) return step;
  throw new InputError(where, `${where}: step is ${step}: takes an integer of at least 0`);
}

function products(
  start: ArrayLike<number>,
  weights: ArrayLike<number>,
  gradient: ArrayLike<number>,
): Pick<LoggedStep, "norm" | "memory" | "product" | "gradient"> {
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
    let sum = 0;
    for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
    return sum;
  };
  const from = dot(start, start);
  return {
    norm: Math.sqrt(dot(weights, weights)),
    // Without a start there is no memory; the norm of 0 is what an error then names.
    memory: from === 0 ? 0 : dot(weights, start) / from,
    product: dot(weights, gradient),
    gradient: Math.sqrt(dot(gradient, gradient)),
  };
}
