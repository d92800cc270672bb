import { lengthOf } from "../analysis/extremes.js";
import type { Experiment } from "../experiment/schema.js";
import type { Streams } from "../random/streams.js";
import {
  effectiveNiw,
  type LinearMoments,
  lambda,
  loss,
  momentsOf,
  niwNorm,
  step,
} from "../theory/linear.js";
import { linearStart } from "./linearStart.js";

/** A run of the linear model by the exact reduction: one number for each step, before its update. */
export interface LinearRun {
  /** Batch loss. */
  readonly loss: Float64Array;
  /** `|W_NI|`. */
  readonly niwNorm: Float64Array;
  /** `|alpha w2^T W_NI|`. */
  readonly effectiveNiw: Float64Array;
  /** `eta sigma^2 lambda`. */
  readonly kappa: Float64Array;
}

/** Runs a full-batch linear model in float64, until its last step or the first number that is not finite. */
export function linearRun(experiment: Experiment, streams: Streams): LinearRun {
  const { alpha, x, y, inputs, slopes, nodes, state: start } = linearStart(experiment, streams);
  const { sigma, distribution, mode } = experiment.noise[0];
  const { learningRate } = experiment.optimizer;
  const steps = experiment.steps ?? experiment.epochs ?? 0;
  const rows = y.length;
  const columns = { loss: [], niwNorm: [], effectiveNiw: [], kappa: [] } as Record<
    keyof LinearRun,
    number[]
  >;
  const target = new Float64Array(slopes.length + nodes);
  target.set(slopes);
  let state = start;
  let moments: LinearMoments | undefined;
  for (let t = 0; t < steps; t++) {
    if (mode === "fresh" || !moments) {
      const xi = streams.draw("noise", 0, distribution, t, rows, nodes);
      moments = momentsOf(joint(x, xi, rows, sigma), y, target);
    }
    columns.loss.push(loss(state, moments, alpha));
    columns.niwNorm.push(niwNorm(state, inputs));
    columns.effectiveNiw.push(lengthOf(effectiveNiw(state, inputs, alpha)));
    columns.kappa.push(learningRate * sigma ** 2 * lambda(state, inputs, alpha));
    if (!Number.isFinite(columns.loss[t])) break;
    state = step(state, moments, learningRate, alpha);
  }
  return {
    loss: Float64Array.from(columns.loss),
    niwNorm: Float64Array.from(columns.niwNorm),
    effectiveNiw: Float64Array.from(columns.effectiveNiw),
    kappa: Float64Array.from(columns.kappa),
  };
}

/** Rows `(x, sigma xi)`. */
function joint(x: Float32Array, xi: Float32Array, rows: number, sigma: number): Float64Array {
  const [k, m] = [x.length / rows, xi.length / rows];
  const u = new Float64Array(rows * (k + m));
  for (let r = 0; r < rows; r++) {
    u.set(x.subarray(r * k, (r + 1) * k), r * (k + m));
    for (let c = 0; c < m; c++) u[r * (k + m) + k + c] = sigma * xi[r * m + c];
  }
  return u;
}
