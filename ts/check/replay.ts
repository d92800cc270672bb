import * as v from "valibot";
import type { Machine } from "../backend/machine.js";
import type { NpyArray } from "../data/npy.js";
import { readNpz } from "../data/npz.js";
import { InputError } from "../errors/errors.js";
import type { Network } from "../program/network.js";
import { parseWith } from "../schema/parseWith.js";
import { choice, integer, real } from "../schema/takes.js";
import { combinedWeights, type Parameters, parametersOf } from "../train/parameters.js";
import type { Setup } from "../train/setup.js";
import { runTraining } from "../train/trainer.js";

const metaSchema = v.object({
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
});

/** Another implementation's run, with everything random about it given. */
export interface Replay extends Setup {}

export interface ReplayResult {
  readonly backend: { readonly name: string; readonly flavour: string };
  /** Batch loss before each update. */
  readonly loss: Float64Array;
  /** `|W_NI|` before each update. */
  readonly niwNorm: Float64Array;
  /** Loss over all samples with `eps = 0` after each epoch. */
  readonly unperturbedLoss: Float64Array;
  /** At the end. */
  readonly parameters: Parameters;
}

/**
 * Reads a replay file: an `.npz` with `meta`, `X`, `y`, `W0_l`, `b0_l`, `V0`, `noise` and `order`.
 * @throws InputError naming the array, its shape and what it takes.
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
  const noise = arrays.get("noise", [epochs, samples, nodes]);
  const order = Uint32Array.from(arrays.get("order", [epochs, samples]));
  const stray = order.findIndex((i) => i >= samples);
  if (stray >= 0) {
    throw new InputError(
      "order",
      `${path}, array order holds ${order[stray]}: takes indices from 0 to ${samples - 1}`,
    );
  }
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
    // The first evaluation is of the start.
    unperturbedLoss: trajectory.evaluations.unperturbedLoss.slice(1),
    parameters: parametersOf(given.plan.network, weights),
  };
}

/**
 * The arrays of a file, with what is wrong about them said in one way. Only those that are asked for are read: what
 * the other implementation found may not be finite.
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
      throw new InputError(
        name,
        `${this.#path}, array ${name} has shape (${found.join(", ")}): takes (${shape.join(", ")})`,
      );
    }
    return values;
  }

  json(name: string): unknown {
    const text = new TextDecoder().decode(Uint8Array.from(this.#array(name).values));
    try {
      return JSON.parse(text);
    } catch {
      throw new InputError(name, `${this.#path}, array ${name} does not hold JSON`);
    }
  }

  /** Classes as uint32; float targets `[samples, outputs]`. */
  targets(samples: number, outputs: number, loss: Network["loss"]): Uint32Array | Float64Array {
    const { shape, dtype, values } = this.#array("y");
    const integers =
      !/f[48]$/.test(dtype) && shape.length === 1 && !(loss === "mse" && outputs === 1);
    if (!integers) {
      if (loss === "cross-entropy") {
        throw new InputError(
          "y",
          `${this.#path}, array y is of type ${dtype}: cross-entropy takes integer classes`,
        );
      }
      return Float64Array.from(
        shape.length === 1 && outputs === 1
          ? this.get("y", [samples])
          : this.get("y", [samples, outputs]),
      );
    }
    const bad = this.get("y", [samples]).findIndex((label) => label < 0 || label >= outputs);
    if (bad >= 0) {
      throw new InputError(
        "y",
        `${this.#path}, array y holds ${values[bad]}: takes classes from 0 to ${outputs - 1}`,
      );
    }
    return Uint32Array.from(values);
  }

  #array(name: string): NpyArray {
    const array = readNpz(this.#bytes, this.#path, [name]).get(name);
    if (!array)
      throw new InputError(name, `${this.#path} has no array ${name}: a replay file needs it`);
    return array;
  }
}
