import { pause } from "../async/pause.js";
import { type Machine, openFilled, type Session } from "../backend/machine.js";
import type { Dataset } from "../data/dataset.js";
import { InputError, RunError } from "../errors/errors.js";
import { type CurvatureKind, type LoweredCurvature, lowerCurvature } from "../program/curvature.js";
import type { Network } from "../program/network.js";
import { combinedWeights, type Parameters } from "../train/parameters.js";
import { counting, writeSplit } from "../train/trainer.js";
import { checkFit, measuringPlan, someRows } from "./measuringPlan.js";

export interface CurvatureOptions {
  /** Number of training samples; default all. */
  readonly samples?: number;
  /** Index of the first of them; default 0. */
  readonly first?: number;
  /** Directions per call of the machine, and largest number of noise nodes; default 32. */
  readonly nodes?: number;
  readonly signal?: AbortSignal;
}

/** Moments of `g_i = dL_i/dz_i` over the samples, at the probed layer, without noise. */
export interface LocalGradient {
  /** Mean loss. */
  readonly loss: number;
  /** `<g>`, `[d]`. */
  readonly mean: Float64Array;
  /** `<g g^T>`, `[d, d]`. */
  readonly squares: Float64Array;
}

/**
 * Measures the local gradient and curvature of the loss at the pre-activations of one weight layer: `g_i = dL_i/dz_i`
 * and `H_i = d2L_i/dz_i2`, without noise (Levi et al., arXiv:2210.13599, section 2). The mean `<H>` is also the Hessian
 * of the loss with respect to that layer's bias (derived).
 */
export class CurvatureProbe {
  /** Units of the layer, `d`. */
  readonly width: number;
  /** Largest number of noise nodes. */
  readonly nodes: number;
  readonly samples: number;
  readonly layer: number;
  readonly #network: Network;
  readonly #session: Session;
  readonly #lowered: LoweredCurvature;
  readonly #signal: AbortSignal | undefined;
  /** The chunk whose activations and gradients are in memory; null if they are not those of the current weights. */
  #base: string | null = null;

  /**
   * Opens a probe.
   * @param network its noise nodes are ignored.
   * @throws InputError if there is no such layer or not as many samples, and if network and data do not match.
   */
  static async open(
    machine: Machine,
    network: Network,
    layer: number,
    data: Dataset,
    options: CurvatureOptions = {},
  ): Promise<CurvatureProbe> {
    const bare = { ...network, noise: [] };
    const { first: from = 0, nodes = 32 } = options;
    const { samples = data.train.rows - from } = options;
    const last = network.widths.length - 2;
    if (!Number.isInteger(layer) || layer < 0 || layer > last) {
      throw new InputError("layer", `layer is ${layer}: the layers are 0 to ${last}`);
    }
    if (!Number.isInteger(samples) || samples < 1 || from + samples > data.train.rows) {
      throw new InputError(
        "samples",
        `samples is ${samples}: takes an integer from 1 to the number of training samples, ${data.train.rows - from}`,
      );
    }
    checkFit(network, data);
    const width = network.widths[layer + 1];
    const plan = measuringPlan(bare, data, samples);
    const lowered = lowerCurvature({ plan, layer, nodes });
    options.signal?.throwIfAborted();
    const session = await openFilled(machine, lowered.program, (opened) => {
      writeSplit(opened, "train", someRows(data, from, samples), plan, data.outputs);
      for (const { suffix, rows, passes } of lowered.parts) {
        const first = suffix === "" ? 0 : samples - rows;
        opened.write(`samples${suffix}`, counting(first, rows * passes));
        const direction = Uint32Array.from({ length: rows * nodes }, (_, i) =>
          Math.floor(i / rows),
        );
        opened.write(`direction${suffix}`, direction);
      }
      const unit = new Float32Array(nodes * nodes);
      for (let k = 0; k < nodes; k++) unit[k * nodes + k] = 1;
      opened.write("unit", unit);
    });
    return new CurvatureProbe(
      session,
      lowered,
      bare,
      { width, nodes, samples, layer },
      options.signal,
    );
  }

  private constructor(
    session: Session,
    lowered: LoweredCurvature,
    network: Network,
    shape: { width: number; nodes: number; samples: number; layer: number },
    signal: AbortSignal | undefined,
  ) {
    this.#session = session;
    this.#lowered = lowered;
    this.#network = network;
    this.#signal = signal;
    this.width = shape.width;
    this.nodes = shape.nodes;
    this.samples = shape.samples;
    this.layer = shape.layer;
  }

  /** Sets the network's parameters. Noise weights are not needed. */
  load({ weights, biases }: Pick<Parameters, "weights" | "biases">): void {
    for (let l = 0; l < weights.length; l++) {
      const parts = { weights, biases, niw: [] };
      this.#session.write(`weights.${l}`, combinedWeights(this.#network, l, parts));
    }
    this.#base = null;
  }

  /** The mean loss and the moments of the local gradient. */
  async gradient(): Promise<LocalGradient> {
    const width = this.width;
    this.#session.write("gradient", new Float64Array(width));
    this.#session.write("gradientSquares", new Float64Array(width * width));
    let loss = 0;
    this.#base = null;
    await this.#eachChunk(async (suffix, trace) => {
      loss += trace[0];
      await this.#session.run(`moments${suffix}`, 0, 1);
    });
    return {
      loss: loss / this.samples,
      mean: await this.#session.read("gradient"),
      squares: await this.#session.read("gradientSquares"),
    };
  }

  /** The local gradient `g_i` of each sample, `[samples, d]`. */
  async gradients(): Promise<Float64Array> {
    const out = new Float64Array(this.samples * this.width);
    let done = 0;
    await this.#eachChunk(async (suffix) => {
      const { rows } = this.#lowered.parts.find((part) => part.suffix === suffix) ?? { rows: 0 };
      const chunk = await this.#session.read(this.#lowered.gradients);
      out.set(chunk.subarray(0, rows * this.width), done);
      done += rows * this.width;
    });
    return out;
  }

  /**
   * The response of the mean gradient to shifts of the pre-activations, with the same shift for all samples. Each
   * column of `V` (`[d, k]` row-major) is a shift v. For `pointwise` the result is `<H> V`. For `smoothed` it is `1/2
   * <g(+v) - g(-v)>` for each column, which depends on the columns' lengths.
   * @returns `[d, k]` row-major.
   */
  async shifted(V: Float64Array, kind: CurvatureKind): Promise<Float64Array> {
    const columns = V.length / this.width;
    const out = new Float64Array(V.length);
    for (let first = 0; first < columns; first += this.nodes) {
      const count = Math.min(this.nodes, columns - first);
      const response = await this.#respond(
        columnsOf(V, columns, first, count),
        count,
        async (suffix) => {
          // One direction at a time, so that an abort is noticed soon.
          for (let k = 0; k < count; k++) {
            await this.#session.run(`${kind}.direction${suffix}`, k, 1);
            await this.#pause();
          }
        },
      );
      for (let r = 0; r < this.width; r++) {
        for (let c = 0; c < count; c++) out[r * columns + first + c] = response[r * count + c];
      }
    }
    return out;
  }

  /**
   * The gradient of noise weights `V` (`[d, m]`) from noise `eps` (`[samples, m]`) beyond first order. For `pointwise`
   * it is `<H_i V eps_i eps_i^T>`. For `smoothed`, `H_i V eps_i` is replaced by `1/2 (g_i(+V eps_i) - g_i(-V eps_i))`:
   * the antithetic probe pass, in which `<g eps^T>` cancels.
   * @returns `[d, m]` row-major.
   * @throws RunError for more nodes than the probe was made for.
   */
  async noisy(V: Float64Array, eps: ArrayLike<number>, kind: CurvatureKind): Promise<Float64Array> {
    const count = V.length / this.width;
    if (count > this.nodes) {
      throw new RunError(`${count} noise nodes: this probe was made for at most ${this.nodes}`);
    }
    const noise = new Float64Array(this.samples * this.nodes);
    for (let i = 0; i < this.samples; i++) {
      for (let c = 0; c < count; c++) noise[i * this.nodes + c] = eps[i * count + c];
    }
    this.#session.write("noise", noise);
    return this.#respond(V, count, async (suffix, pass) => {
      await this.#session.run(`${kind}.noise${suffix}`, pass, 1);
      await this.#pause();
    });
  }

  dispose(): void {
    this.#session.dispose();
  }

  /** Runs `each` for all chunks, with `V` as noise weights. Returns the first columns of the response, `[d, count]`. */
  async #respond(
    V: Float64Array,
    count: number,
    each: (suffix: string, pass: number) => Promise<void>,
  ): Promise<Float64Array> {
    const niw = new Float64Array(this.width * this.nodes);
    for (let r = 0; r < this.width; r++) {
      niw.set(V.subarray(r * count, (r + 1) * count), r * this.nodes);
    }
    this.#session.write("niw", niw);
    this.#session.write("response", new Float64Array(this.width * this.nodes));
    await this.#eachChunk((suffix, _, pass) => each(suffix, pass));
    return columnsOf(await this.#session.read("response"), this.nodes, 0, count);
  }

  /** Computes the base of each chunk, unless it is in memory, and calls `use` with it. */
  async #eachChunk(
    use: (suffix: string, trace: Float64Array, pass: number) => Promise<void>,
  ): Promise<void> {
    let trace = new Float64Array(1);
    for (const { suffix, passes } of this.#lowered.parts) {
      for (let pass = 0; pass < passes; pass++) {
        if (this.#base !== suffix + pass) {
          trace = Float64Array.from(await this.#session.run(`base${suffix}`, pass, 1));
        }
        this.#base = suffix + pass;
        await use(suffix, trace, pass);
        await this.#pause();
      }
    }
  }

  #lastPause = performance.now();

  async #pause(): Promise<void> {
    if (performance.now() - this.#lastPause > 40) {
      await pause();
      this.#lastPause = performance.now();
    }
    this.#signal?.throwIfAborted();
  }
}

/** Columns `first` to `first + count - 1` of a row-major matrix with `columns` columns. */
function columnsOf(
  values: Float64Array,
  columns: number,
  first: number,
  count: number,
): Float64Array {
  const rows = values.length / columns;
  const out = new Float64Array(rows * count);
  for (let r = 0; r < rows; r++) {
    const start = r * columns + first;
    out.set(values.subarray(start, start + count), r * count);
  }
  return out;
}
