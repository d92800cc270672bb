import * as v from "valibot";
import type { Machine } from "../backend/machine.js";
import type { BackendRecord } from "../backend/machineFor.js";
import { isFloat, type NpyArray } from "../data/npy.js";
import { npzNames, readNpz } from "../data/npz.js";
import { jsonOf } from "../data/text.js";
import { cut, InputError } from "../errors/errors.js";
import type { Network } from "../program/network.js";
import { parseWith } from "../schema/parseWith.js";
import { choice, integer, real } from "../schema/takes.js";
import { combinedWeights, type Parameters, parametersOf } from "../train/parameters.js";
import type { Setup } from "../train/setup.js";
import { runTraining } from "../train/trainer.js";

const metaSchema = v.strictObject({
  widths: v.pipe(
    v.array(integer(1, 65536), "takes a list of widths"),
    v.minLength(2, "takes at least two widths"),
  ),
  activation: choice(["relu", "tanh", "gelu", "linear"]),
  loss: choice(["cross-entropy", "mse"]),
  ninLayer: integer(0, 64),
  nodes: integer(1, 65536),
  sigma: real(0),
  learningRate: real(0, { exclusive: true }),
  batch: integer(1),
  samples: integer(1),
  epochs: integer(1, 1e9),
  momentum: v.optional(real(0, { max: 0.999999 }), 0),
  weightDecay: v.optional(real(0), 0),
  // Tells what the file's noise was drawn from. These two fields have no effect here, because the file holds the noise
  // itself.
  mode: v.optional(choice(["fresh", "fixed"])),
  distribution: v.optional(choice(["normal", "uniform", "rademacher"])),
});

/**
 * Another implementation's run with all of its random numbers. `readReplay` makes it and `replay` takes it; its fields
 * are not part of the API.
 */
export interface Replay extends Setup {}

/** What a machine computed in a replay. The arrays of steps are `[steps]`. */
export interface ReplayResult {
  /** The machine that ran. */
  readonly backend: Pick<BackendRecord, "name" | "flavour">;
  /** Batch loss before each update. */
  readonly loss: Float64Array;
  /** `|W_NI|` before each update. */
  readonly niwNorm: Float64Array;
  /** `<W_NI, W_NI(0)> / |W_NI(0)|^2` before each update. */
  readonly memory: Float64Array;
  /** Loss over all samples with `eps = 0`, after each epoch. */
  readonly unperturbedLoss: Float64Array;
  /** Parameters after the last step. */
  readonly parameters: Parameters;
}

/**
 * Reads a replay file: an `.npz` with `meta`, `X`, `y`, `W0_l`, `b0_l`, `V0`, `noise` and `order`.
 * @throws InputError that names the array, its shape and what is accepted.
 */
export function readReplay(bytes: Uint8Array, path: string): Replay {
  const arrays = new Arrays(bytes, path);
  const meta = settings(arrays.json("meta"), path);
  const { widths, samples, epochs, nodes, ninLayer, batch } = meta;
  const layerCount = widths.length - 1;
  const outputs = widths[layerCount];
  if (ninLayer >= layerCount) {
    throw new InputError(
      "meta.ninLayer",
      `${path}, meta.ninLayer is ${ninLayer}: the layers are 0 to ${layerCount - 1}`,
    );
  }
  if (batch > samples) {
    throw new InputError(
      "meta.batch",
      `${path}, meta.batch is ${batch}: takes at most the ${samples} samples`,
    );
  }
  const network: Network = {
    widths,
    activation: meta.activation,
    loss: meta.loss,
    bias: true,
    factors: new Array<number>(layerCount).fill(1),
    noise: [{ layer: ninLayer, nodes, sigma: meta.sigma }],
  };
  const layers = Array.from({ length: layerCount }, (_, l) => l);
  const given = {
    weights: layers.map((l) => arrays.get(`W0_${l}`, [widths[l + 1], widths[l]])),
    biases: layers.map((l) => arrays.get(`b0_${l}`, [widths[l + 1]])),
    niw: [arrays.get("V0", [widths[ninLayer + 1], nodes])],
  };
  arrays.refuseLayersFrom(layerCount);
  const noise = arrays.get("noise", [epochs, samples, nodes]);
  const order = arrays.indices("order", [epochs, samples], samples);
  const X = arrays.get("X", [samples, widths[0]]);
  const targets = arrays.targets(samples, outputs, meta.loss);
  const classes = targets instanceof Uint32Array;
  return {
    plan: {
      network,
      learningRate: meta.learningRate,
      momentum: meta.momentum,
      weightDecay: meta.weightDecay,
      batch,
      trainRows: samples,
      testRows: 0,
      evaluateRows: samples,
      classes,
      inputType: "float",
      inputScale: 1,
      inputShift: 0,
    },
    data: {
      name: path,
      task: classes ? "classification" : "regression",
      inputs: widths[0],
      outputs,
      scale: 1,
      shift: 0,
      train: { rows: samples, inputs: Float64Array.from(X), targets },
      test: null,
    },
    inputs: {
      weights: (l) => combinedWeights(network, l, given),
      order: (epoch) => order.subarray(epoch * samples, (epoch + 1) * samples),
      noise: (_, epoch) =>
        Float64Array.from(noise.subarray(epoch * samples * nodes, (epoch + 1) * samples * nodes)),
    },
    schedule: {
      stepsPerEpoch: Math.floor(samples / batch),
      steps: epochs * Math.floor(samples / batch),
      dense: Number.POSITIVE_INFINITY,
      every: 1,
      evaluateEvery: 1,
      evaluateEarly: 0,
      stop: {},
      endsWhenDiverged: false,
    },
  };
}

function settings(json: unknown, path: string): v.InferOutput<typeof metaSchema> {
  try {
    return parseWith(metaSchema, json, "meta");
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const inside = error.field === "meta" ? "" : "meta.";
    throw new InputError(`${inside}${error.field}`, `${path}, ${inside}${error.message}`);
  }
}

/** Runs a replay on a machine. */
export async function replayOn(machine: Machine, given: Replay): Promise<ReplayResult> {
  const { trajectory, weights } = await runTraining(machine, given);
  return {
    backend: { name: machine.name, flavour: machine.flavour },
    loss: trajectory.steps.loss,
    niwNorm: trajectory.steps.niwNorm,
    memory: trajectory.steps.memory,
    // The first evaluation is the one before training.
    unperturbedLoss: trajectory.evaluations.unperturbedLoss.slice(1),
    parameters: parametersOf(given.plan.network, weights),
  };
}

/**
 * Reads the arrays of a file and reports every error in the same form. It reads an array only when it is asked for,
 * because the other implementation's results, which are not needed, may be non-finite.
 */
class Arrays {
  readonly #bytes: Uint8Array;
  readonly #path: string;

  constructor(bytes: Uint8Array, path: string) {
    this.#bytes = bytes;
    this.#path = path;
  }

  get(name: string, shape: readonly number[]): NpyArray["values"] {
    const { shape: found, values } = this.#array(name);
    if (found.length !== shape.length || found.some((size, d) => size !== shape[d])) {
      throw this.#refusal(name, `has shape (${found.join(", ")}): takes (${shape.join(", ")})`);
    }
    return values;
  }

  json(name: string): unknown {
    const { dtype, values } = this.#array(name);
    if (!(values instanceof Uint8Array))
      throw this.#refusal(name, `is of type ${dtype}: takes the bytes of JSON in UTF-8, as uint8`);
    return jsonOf(values, (why) => {
      throw this.#refusal(name, `does not hold JSON: ${why}`);
    });
  }

  /** Integers from 0 to `end - 1`. */
  indices(name: string, shape: readonly number[], end: number): Uint32Array {
    const values = this.get(name, shape);
    const bad = values.findIndex(
      (value) => !(Number.isInteger(value) && value >= 0 && value < end),
    );
    if (bad >= 0)
      throw this.#refusal(name, `holds ${values[bad]}: takes integers from 0 to ${end - 1}`);
    return Uint32Array.from(values);
  }

  /** The targets: classes as uint32, or numbers as float64 `[samples, outputs]`. */
  targets(samples: number, outputs: number, loss: Network["loss"]): Uint32Array | Float64Array {
    const array = this.#array("y");
    const flat = array.shape.length === 1;
    if (loss === "cross-entropy" && isFloat(array))
      throw this.#refusal("y", `is of type ${array.dtype}: cross-entropy takes integer classes`);
    const classes = loss === "cross-entropy" || (flat && outputs > 1 && !isFloat(array));
    if (classes) return this.indices("y", [samples], outputs);
    return Float64Array.from(this.get("y", flat && outputs === 1 ? [samples] : [samples, outputs]));
  }

  /** Refuses initial weights or biases of layers beyond the last: the file was then made with other `widths`. */
  refuseLayersFrom(count: number): void {
    const stray = npzNames(this.#bytes, this.#path).find(
      (name) => Number(/^[Wb]0_(\d+)$/.exec(name)?.[1] ?? -1) >= count,
    );
    if (stray)
      throw this.#refusal(stray, `is of a layer that meta.widths does not have: it has ${count}`);
  }

  #refusal(name: string, what: string): InputError {
    return new InputError(name, `${this.#path}, array ${name} ${what}`);
  }

  #array(name: string): NpyArray {
    const array = readNpz(this.#bytes, this.#path, [name]).get(name);
    if (array) return array;
    const names = cut(npzNames(this.#bytes, this.#path).join(", "));
    throw new InputError(
      name,
      `${this.#path} has no array ${name}: a replay file needs it; it has ${names}`,
    );
  }
}
