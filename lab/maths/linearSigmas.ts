import { logRange } from "../../ts/experiment/range.js";
import type { LinearCell } from "../../ts/linear/linearEnsemble.js";

/** The values of `sigma` of the sweep, and the grid of the map. */
export const SWEEP_SIGMAS = logRange("sigma", "0.1:10:72");
export const MAP_SIGMAS = logRange("sigma", "0.03:30:256");
export const MAP_RATES = logRange("learning rate", "0.003:0.3:256");

/** One run of the linear model as the page draws it. */
export interface LinearCurve {
  readonly cell: LinearCell;
  /** Batch loss of each step. */
  readonly loss: Float64Array;
  /** `|alpha w2^T W_NI|` of each step. */
  readonly effectiveNiw: Float64Array;
}
