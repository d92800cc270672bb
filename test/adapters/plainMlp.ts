import type { NoiseProbe, Observation } from "../../ts/gauge/noiseProbe.js";
import { mulberry, normal } from "../support/mulberry.js";

/** Inputs, two hidden layers, classes. */
export const WIDTHS = [12, 16, 16, 4] as const;
export const BATCH = 16;
export const RATE = 0.1;

/** The probe that the tests attach to the second hidden layer. */
export const PROBE = { width: 16, nodes: 3, sigma: 0.5, batch: BATCH, learningRate: RATE, seed: 7 };

export interface Layer {
  /** `[inputs, outputs]`, row-major. */
  readonly w: Float64Array;
  readonly b: Float64Array;
}

/** Layers with weights that float32 holds. */
export function startingLayers(seed = 1): Layer[] {
  const random = mulberry(seed);
  return WIDTHS.slice(1).map((outputs, l) => {
    const scale = Math.sqrt(2 / WIDTHS[l]);
    const w = Float64Array.from({ length: WIDTHS[l] * outputs }, () =>
      Math.fround(scale * normal(random)),
    );
    return { w, b: new Float64Array(outputs) };
  });
}

/** Inputs in float32 and labels. */
export function samples(rows: number): { x: Float32Array; labels: number[] } {
  const random = mulberry(99);
  const x = Float32Array.from({ length: rows * WIDTHS[0] }, () => normal(random));
  const labels = Array.from({ length: rows }, (_, i) => {
    const row = x.subarray(i * WIDTHS[0], i * WIDTHS[0] + 4);
    return row.indexOf(Math.max(...row));
  });
  return { x, labels };
}

export function oneHot(labels: readonly number[]): Float32Array {
  return Float32Array.from({ length: labels.length * 4 }, (_, i) =>
    labels[Math.floor(i / 4)] === i % 4 ? 1 : 0,
  );
}

/**
 * A step of plain SGD in float64 on the network with tanh units and cross-entropy: the loss, and the gradient of the batch mean
 * loss where `added` is added, at the second layer's pre-activations.
 */
export function plainStep(
  layers: readonly Layer[],
  x: ArrayLike<number>,
  labels: readonly number[],
  added: ArrayLike<number> | null,
): { loss: number; gradient: Float64Array } {
  const rows = labels.length;
  const a: Float64Array[] = [Float64Array.from(x)];
  layers.forEach(({ w, b }, l) => {
    const [n, m] = [WIDTHS[l], WIDTHS[l + 1]];
    const z = new Float64Array(rows * m);
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < m; j++) {
        let sum = b[j];
        for (let k = 0; k < n; k++) sum += a[l][i * n + k] * w[k * m + j];
        if (l === 1 && added) sum += added[i * m + j];
        z[i * m + j] = l < 2 ? Math.tanh(sum) : sum;
      }
    a.push(z);
  });
  let loss = 0;
  let back = new Float64Array(rows * 4);
  for (let i = 0; i < rows; i++) {
    const exp = Array.from(a[3].subarray(4 * i, 4 * i + 4), Math.exp);
    const sum = exp.reduce((p, q) => p + q);
    loss -= Math.log(exp[labels[i]] / sum) / rows;
    for (let j = 0; j < 4; j++) {
      back[4 * i + j] = (exp[j] / sum - (labels[i] === j ? 1 : 0)) / rows;
    }
  }
  let gradient = back;
  for (let l = 2; l >= 0; l--) {
    if (l === 1) gradient = back;
    const { w, b } = layers[l];
    const [n, m] = [WIDTHS[l], WIDTHS[l + 1]];
    const next = new Float64Array(rows * n);
    const dw = new Float64Array(n * m);
    for (let i = 0; i < rows; i++)
      for (let k = 0; k < n; k++) {
        const input = a[l][i * n + k];
        let sum = 0;
        for (let j = 0; j < m; j++) {
          sum += back[i * m + j] * w[k * m + j];
          dw[k * m + j] += back[i * m + j] * input;
        }
        next[i * n + k] = sum * (1 - input * input);
      }
    for (let i = 0; i < rows * m; i++) b[i % m] -= RATE * back[i];
    for (let i = 0; i < n * m; i++) w[i] -= RATE * dw[i];
    back = next;
  }
  return { loss, gradient };
}

/** Trains the plain network with the probe, which is what an adapter's records have to equal. */
export function plainTraining(probe: NoiseProbe, steps: number): Observation[] {
  const layers = startingLayers();
  const { x, labels } = samples(steps * BATCH);
  return Array.from({ length: steps }, (_, step) => {
    const [from, to] = [step * BATCH, (step + 1) * BATCH];
    const rows = x.subarray(from * WIDTHS[0], to * WIDTHS[0]);
    const { loss, gradient } = plainStep(layers, rows, labels.slice(from, to), probe.perturb(step));
    return probe.observe(step, gradient, loss);
  });
}
