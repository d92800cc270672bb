import { mulberry, normal } from "./mulberry.js";

/** Sizes of a network, and where its random numbers come from. */
export interface SmoothNetworkOptions {
  /** Inputs, hidden units of each layer, classes. */
  readonly widths: readonly number[];
  /** Samples of its one batch. */
  readonly batch: number;
  readonly seed: number;
  /** Standard deviation of the weights into a unit, times the root of their number. */
  readonly gain: number;
}

/**
 * A tanh network with the cross-entropy loss and a fixed batch, in float64 and plain loops. It shares no code with ninscope's
 * machines, so readings can be held to it.
 */
export class SmoothNetwork {
  readonly widths: readonly number[];
  readonly batch: number;
  readonly #weights: readonly Float64Array[];
  readonly #biases: readonly Float64Array[];
  readonly #inputs: Float64Array;
  readonly #labels: readonly number[];

  constructor({ widths, batch, seed, gain }: SmoothNetworkOptions) {
    const random = mulberry(seed);
    const draws = (count: number, scale: number) =>
      Float64Array.from({ length: count }, () => scale * normal(random));
    this.widths = widths;
    this.batch = batch;
    this.#weights = widths
      .slice(1)
      .map((width, l) => draws(width * widths[l], gain / Math.sqrt(widths[l])));
    this.#biases = widths.slice(1).map((width) => draws(width, 0.2));
    this.#inputs = draws(batch * widths[0], 1);
    const classes = widths[widths.length - 1];
    this.#labels = Array.from({ length: batch }, () => Math.floor(classes * random()));
  }

  /** Pre-activations of a layer, `[batch, width]`, without noise. */
  preactivations(layer: number): Float64Array {
    let z = this.#linear(0, this.#inputs);
    for (let l = 1; l <= layer; l++) z = this.#linear(l, z.map(Math.tanh));
    return z;
  }

  /** The gradient of the batch mean loss at a layer's pre-activations `z`, both `[batch, width]`. */
  gradient(layer: number, z: Float64Array): Float64Array {
    const last = this.widths.length - 2;
    const activations: Float64Array[] = [];
    let now = z;
    for (let l = layer; l < last; l++) {
      activations[l] = now.map(Math.tanh);
      now = this.#linear(l + 1, activations[l]);
    }
    let delta = this.#softmaxMinusLabel(now);
    for (let l = last; l > layer; l--) {
      delta = this.#back(l, delta).map((x, i) => x * (1 - activations[l - 1][i] ** 2));
    }
    return delta;
  }

  /**
   * `tr(W^T <H> W) / |W|^2` with the mean local Hessian of the batch, from central differences of the mean gradient along each column
   * of the weights `[width, nodes]`.
   */
  form(layer: number, weights: ArrayLike<number>, nodes: number): number {
    const width = this.widths[layer + 1];
    const z = this.preactivations(layer);
    let sum = 0;
    let square = 0;
    for (let k = 0; k < nodes; k++) {
      const column = Float64Array.from({ length: width }, (_, i) => weights[i * nodes + k]);
      const length = Math.hypot(...column);
      const h = 1e-4 / length;
      const mean = (sign: number) => {
        const shifted = z.map((x, i) => x + sign * h * column[i % width]);
        return this.gradient(layer, shifted);
      };
      const [up, down] = [mean(1), mean(-1)];
      for (let i = 0; i < up.length; i++) {
        sum += (column[i % width] * (up[i] - down[i])) / (2 * h);
      }
      square += length ** 2;
    }
    return sum / square;
  }

  #linear(l: number, x: Float64Array): Float64Array {
    const [inputs, outputs] = [this.widths[l], this.widths[l + 1]];
    const out = new Float64Array(this.batch * outputs);
    for (let i = 0; i < this.batch; i++) {
      for (let o = 0; o < outputs; o++) {
        let sum = this.#biases[l][o];
        for (let k = 0; k < inputs; k++) {
          sum += this.#weights[l][o * inputs + k] * x[i * inputs + k];
        }
        out[i * outputs + o] = sum;
      }
    }
    return out;
  }

  #back(l: number, delta: Float64Array): Float64Array {
    const [inputs, outputs] = [this.widths[l], this.widths[l + 1]];
    const out = new Float64Array(this.batch * inputs);
    for (let i = 0; i < this.batch; i++) {
      for (let o = 0; o < outputs; o++) {
        for (let k = 0; k < inputs; k++) {
          out[i * inputs + k] += this.#weights[l][o * inputs + k] * delta[i * outputs + o];
        }
      }
    }
    return out;
  }

  /** The gradient of the mean cross-entropy at the outputs. */
  #softmaxMinusLabel(outputs: Float64Array): Float64Array {
    const classes = this.widths[this.widths.length - 1];
    const out = new Float64Array(outputs.length);
    for (let i = 0; i < this.batch; i++) {
      const row = outputs.subarray(i * classes, (i + 1) * classes);
      const most = Math.max(...row);
      const total = row.reduce((sum, x) => sum + Math.exp(x - most), 0);
      for (let k = 0; k < classes; k++) {
        const share = Math.exp(row[k] - most) / total;
        out[i * classes + k] = (share - (k === this.#labels[i] ? 1 : 0)) / this.batch;
      }
    }
    return out;
  }
}
