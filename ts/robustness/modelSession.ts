import { pause } from "../async/pause.js";
import { type Machine, openFilled, type Session } from "../backend/machine.js";
import { type LoweredInputGradient, lowerInputGradient } from "../program/inputGradient.js";
import type { Network } from "../program/network.js";
import type { Plan } from "../program/workspace.js";
import { combinedWeights } from "../train/parameters.js";
import { counting } from "../train/trainer.js";
import type { Model } from "./model.js";

/** Outputs of a network, and gradients of each sample's loss with respect to its inputs. */
export interface InputGradients {
  /** `[samples, outputs]`. */
  readonly outputs: Float64Array;
  /** `[samples, inputs]`. */
  readonly gradients: Float64Array;
}

/** Largest number of samples that the machine computes at a time. */
const MOST_ROWS = 256;

/** A model on a machine, which evaluates it on any number of samples. Nothing in it is random. */
export class ModelSession {
  readonly inputs: number;
  readonly outputs: number;
  readonly #session: Session;
  readonly #lowered: LoweredInputGradient;
  readonly #rows: number;
  readonly #loss: Network["loss"];
  readonly #signal: AbortSignal | undefined;

  /** @param samples number of samples that most calls give it. */
  static async open(
    machine: Machine,
    model: Model,
    samples: number,
    signal?: AbortSignal,
  ): Promise<ModelSession> {
    signal?.throwIfAborted();
    const rows = Math.max(1, Math.min(samples, MOST_ROWS));
    const plan = planFor(model, rows);
    const lowered = lowerInputGradient(plan);
    const { weights, biases } = model.parameters;
    const session = await openFilled(machine, lowered.program, (opened) => {
      opened.write("identity.train", counting(0, rows));
      for (const l of weights.keys()) {
        const combined = combinedWeights(plan.network, l, { weights, biases, niw: [] });
        opened.write(`weights.${l}`, combined);
      }
    });
    return new ModelSession(session, lowered, plan, signal);
  }

  private constructor(
    session: Session,
    lowered: LoweredInputGradient,
    { network, trainRows }: Plan,
    signal: AbortSignal | undefined,
  ) {
    this.inputs = network.widths[0];
    this.outputs = network.widths[network.widths.length - 1];
    this.#session = session;
    this.#lowered = lowered;
    this.#rows = trainRows;
    this.#loss = network.loss;
    this.#signal = signal;
  }

  /**
   * The network's outputs, `[samples, outputs]`.
   * @param images `[samples, inputs]`.
   */
  async logits(images: Float32Array): Promise<Float64Array> {
    const outputs = new Float64Array((images.length / this.inputs) * this.outputs);
    await this.#eachChunk(images, async (first, rows) => {
      await this.#session.run("outputs", 0, 1);
      await this.#copy(this.#lowered.outputs, outputs, first, rows, this.outputs);
    });
    return outputs;
  }

  /** The outputs, and the gradient of each sample's loss with respect to its inputs. */
  async gradients(images: Float32Array, labels: ArrayLike<number>): Promise<InputGradients> {
    const outputs = new Float64Array((images.length / this.inputs) * this.outputs);
    const gradients = new Float64Array(images.length);
    await this.#eachChunk(images, async (first, rows) => {
      this.#session.write("train.targets", this.#targets(labels, first, rows));
      await this.#session.run("gradient", 0, 1);
      await this.#copy(this.#lowered.outputs, outputs, first, rows, this.outputs);
      await this.#copy(this.#lowered.gradient, gradients, first, rows, this.inputs);
    });
    return { outputs, gradients };
  }

  dispose(): void {
    this.#session.dispose();
  }

  /** Writes the samples in parts. The last part's missing samples are those of the part before. */
  async #eachChunk(
    images: Float32Array,
    work: (first: number, rows: number) => Promise<void>,
  ): Promise<void> {
    const count = images.length / this.inputs;
    for (let first = 0; first < count; first += this.#rows) {
      const rows = Math.min(this.#rows, count - first);
      const part = images.subarray(first * this.inputs, (first + rows) * this.inputs);
      this.#session.write("train.inputs", part);
      await work(first, rows);
      await pause();
      this.#signal?.throwIfAborted();
    }
  }

  async #copy(
    buffer: string,
    into: Float64Array,
    first: number,
    rows: number,
    cols: number,
  ): Promise<void> {
    const values = await this.#session.read(buffer);
    into.set(values.subarray(0, rows * cols), first * cols);
  }

  /** Classes for cross-entropy, one-hot vectors for the squared error. */
  #targets(labels: ArrayLike<number>, first: number, rows: number): Float32Array {
    if (this.#loss === "cross-entropy") {
      return Float32Array.from({ length: rows }, (_, i) => labels[first + i]);
    }
    const targets = new Float32Array(rows * this.outputs);
    for (let i = 0; i < rows; i++) targets[i * this.outputs + labels[first + i]] = 1;
    return targets;
  }
}

/** A plan for evaluating only. Its settings for training have no effect. */
function planFor({ network, scale, shift }: Model, rows: number): Plan {
  return {
    network: { ...network, noise: [] },
    ...{ learningRate: 0, momentum: 0, weightDecay: 0 },
    ...{ batch: rows, trainRows: rows, testRows: 0, evaluateRows: rows },
    classes: true,
    inputType: "float",
    inputScale: scale,
    inputShift: shift,
  };
}
