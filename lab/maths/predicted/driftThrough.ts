import { Matrix } from "ml-matrix";
import type { CurvatureMoment, StillCurvature } from "./stillCurvature.js";

export interface DriftCurves {
  readonly step: Float64Array;
  readonly niwNorm: Float64Array;
  readonly memory: Float64Array;
  readonly reading: Float64Array;
  /** Whether the expansion holds up to the run's end. */
  readonly isWhole: boolean;
}

interface Noise {
  readonly learningRate: number;
  readonly sigma: number;
  readonly nodes: number;
  readonly batch: number;
}

/** Beyond so many times its start the norm has left what an expansion in the noise can tell. */
const FARTHEST = 3;
/** Number of parts between two moments. The curvature is taken as constant within each part. */
const PARTS = 4;

/**
 * The noise weights' mean `M = E[W]` and their second moment `C = E[W W^T]` through curvatures that change (Levi et al.,
 * arXiv:2210.13599, section 2). With `R = 1 - eta sigma^2 <H>`, a step makes
 *
 *     M <- R M        C <- R C R + eta^2 sigma^2 m <g g^T> / B
 *
 * The memory is `<M, W(0)> / |W(0)|^2`, the norm `sqrt(tr C)` over its start, the reading `tr(<H> C) / tr C`. `n` steps under
 * one curvature are `n` times the same map: they are made by squaring it. The curves end where the norm has left what an
 * expansion can tell.
 */
export function driftThrough(still: StillCurvature, noise: Noise): DriftCurves {
  const { width, niw, moments, steps } = still;
  const W = Matrix.from1DArray(width, noise.nodes, niw);
  const square = trace(W.transpose().mmul(W));
  let M = W.clone();
  let C = W.mmul(W.transpose());
  const points: Point[] = [];
  for (const [i, from] of moments.entries()) {
    const next = moments[i + 1]?.step ?? steps;
    const to = moments[i + 1] ?? from;
    for (const { first, count, part } of pieces(from.step, next)) {
      const { H, G } = between(from, to, part, width);
      points.push([first, Math.sqrt(trace(C) / square), dot(M, W) / square, dot(H, C) / trace(C)]);
      const map = powered(stepMap(H, G, noise, width), count);
      M = map.R.mmul(M);
      C = map.R.mmul(C).mmul(map.R).add(map.added);
      if (!(trace(C) < FARTHEST ** 2 * square)) return columnsOf(points, false);
    }
  }
  return columnsOf(points, true);
}

type Point = readonly [step: number, niwNorm: number, memory: number, reading: number];

function columnsOf(points: readonly Point[], isWhole: boolean): DriftCurves {
  const column = (k: number) => Float64Array.from(points, (point) => point[k]);
  return {
    ...{ step: column(0), niwNorm: column(1), memory: column(2), reading: column(3) },
    isWhole,
  };
}

/** `C -> R C R + added`. R is symmetric. */
interface Map {
  readonly R: Matrix;
  readonly added: Matrix;
}

function stepMap(
  H: Matrix,
  G: Matrix,
  { learningRate, sigma, nodes, batch }: Noise,
  width: number,
): Map {
  return {
    R: Matrix.eye(width, width).sub(H.clone().mul(learningRate * sigma ** 2)),
    added: G.clone().mul(((learningRate * sigma) ** 2 * nodes) / batch),
  };
}

/** The same map so many times. Its powers commute, so they may be put together in any order. */
function powered(map: Map, count: number): Map {
  let done: Map | null = null;
  for (let left = count, power = map; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) done = done ? after(done, power) : power;
    power = after(power, power);
  }
  return done ?? map;
}

function after(second: Map, first: Map): Map {
  return {
    R: second.R.mmul(first.R),
    added: second.R.mmul(first.added).mmul(second.R).add(second.added),
  };
}

function* pieces(from: number, to: number) {
  const parts = Math.max(1, Math.min(PARTS, to - from));
  for (let k = 0; k < parts; k++) {
    const [first, next] = [k, k + 1].map((j) => from + Math.round((j * (to - from)) / parts));
    if (next > first) yield { first, count: next - first, part: (k + 0.5) / parts };
  }
}

function between(from: CurvatureMoment, to: CurvatureMoment, part: number, width: number) {
  const mixed = (a: Float64Array, b: Float64Array) =>
    symmetric(
      Matrix.from1DArray(
        width,
        width,
        a.map((x, i) => x + part * (b[i] - x)),
      ),
    );
  return {
    H: mixed(from.hessian, to.hessian),
    G: mixed(from.gradientSquares, to.gradientSquares),
  };
}

/** Rounding makes measured matrices slightly asymmetric. */
function symmetric(matrix: Matrix): Matrix {
  return matrix.add(matrix.transpose()).mul(0.5);
}

function trace(matrix: Matrix): number {
  return matrix.trace();
}

function dot(a: Matrix, b: Matrix): number {
  return Matrix.mul(a, b).sum();
}
