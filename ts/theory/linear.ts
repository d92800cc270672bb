/**
 * The linear model of noise injection (Levi et al., arXiv:2210.13599, section 3): `f(u) = alpha w2^T P u`, `u = (x,
 * eps)`, `P = [w1 | W_NI]` (`d x (k + m)`), `L = 1/2 <(f - y)^2>`, no bias, plain gradient descent.
 *
 * For any width `d`, its training can be written in terms of `G = P^T P`, `v = P^T w2` and `s = |w2|^2` alone
 * (derived). This is exact for every batch and learning rate, also in the catapult and when the run diverges, but not
 * with momentum or weight decay. With the moments `S = <u u^T>`, `q = <u y>` of a batch and `b = eta alpha (alpha S v -
 * q)`, one step is `P' = P - w2 b^T`, `w2' = w2 - P b`, hence
 *
 *     G' = G - (v b^T + b v^T) + s b b^T
 *     v' = v - G b - s b + (v.b) b
 *     s' = s - 2 v.b + b^T G b
 *     L  = 1/2 (alpha^2 v^T S v - 2 alpha v.q + <y^2>)
 *
 * Near the end of training, the last line is a difference of nearly equal numbers. So a batch's moments are kept
 * relative to a linear map `u -> target.u` close to the data's: with `r = y - target.u` in place of `y` and `alpha v -
 * target` in place of `alpha v`, `b` and `L` are unchanged and nothing cancels.
 * @module
 */
import { dot } from "../analysis/vectors.js";

/** The state of the reduced recursion. */
export interface LinearState {
  /** `P^T P`, `[n, n]` row-major, `n = k + m`. */
  readonly G: Float64Array;
  /** `P^T w2`, `[n]`. */
  readonly v: Float64Array;
  /** `|w2|^2`. */
  readonly s: number;
}

/** Second moments of a batch of `u = (x, eps)` and `r = y - target.u`. */
export interface LinearMoments {
  /** `<u u^T>`, `[n, n]` row-major. */
  readonly S: Float64Array;
  /** `<u r>`, `[n]`. */
  readonly q: Float64Array;
  /** `<r^2>`. */
  readonly rr: number;
  /** The map that the residual is relative to, `[n]`. */
  readonly target: Float64Array;
}

/** The reduced state of weights `P` (`[d, n]` row-major) and `w2` (`[d]`). */
export function reduce(P: ArrayLike<number>, w2: ArrayLike<number>): LinearState {
  const d = w2.length;
  const n = P.length / d;
  const G = new Float64Array(n * n);
  const v = new Float64Array(n);
  let s = 0;
  for (let r = 0; r < d; r++) {
    s += w2[r] * w2[r];
    for (let i = 0; i < n; i++) {
      v[i] += P[r * n + i] * w2[r];
      for (let j = 0; j < n; j++) G[i * n + j] += P[r * n + i] * P[r * n + j];
    }
  }
  return { G, v, s };
}

/**
 * The moments of a batch.
 * @param u `[rows, n]` row-major.
 * @param y `[rows]`.
 * @param target the linear map that the moments are relative to, `[n]`.
 */
export function momentsOf(
  u: ArrayLike<number>,
  y: ArrayLike<number>,
  target: Float64Array = new Float64Array(u.length / y.length),
): LinearMoments {
  const rows = y.length;
  const n = u.length / rows;
  const S = new Float64Array(n * n);
  const q = new Float64Array(n);
  let rr = 0;
  for (let r = 0; r < rows; r++) {
    let residual = y[r];
    for (let i = 0; i < n; i++) residual -= target[i] * u[r * n + i];
    rr += residual * residual;
    for (let i = 0; i < n; i++) {
      q[i] += u[r * n + i] * residual;
      for (let j = 0; j < n; j++) S[i * n + j] += u[r * n + i] * u[r * n + j];
    }
  }
  return { S: S.map((x) => x / rows), q: q.map((x) => x / rows), rr: rr / rows, target };
}

/**
 * The moments in the limit of infinitely many samples: `S = diag(sigma_x^2, sigma^2)`, `target = (M, 0)`, no residual.
 * @param slopes `M`, one number per input.
 */
export function populationMoments(
  slopes: readonly number[],
  sigmaX: number,
  sigma: number,
  nodes: number,
): LinearMoments {
  const k = slopes.length;
  const n = k + nodes;
  const S = new Float64Array(n * n);
  for (let i = 0; i < n; i++) S[i * n + i] = i < k ? sigmaX ** 2 : sigma ** 2;
  const target = Float64Array.from({ length: n }, (_, i) => (i < k ? slopes[i] : 0));
  return { S, q: new Float64Array(n), rr: 0, target };
}

/**
 * The state after one step of gradient descent on a batch with these moments. When it overflows, it holds infinities or
 * NaN, as the weights would.
 */
export function step(
  { G, v, s }: LinearState,
  moments: LinearMoments,
  learningRate: number,
  alpha: number,
): LinearState {
  const n = v.length;
  const c = learningRate * alpha;
  const b = pull(missing(v, moments, alpha), moments).map((x) => c * x);
  const Gb = times(G, b);
  const vb = dot(v, b);
  return {
    G: G.map((g, at) => {
      const i = Math.floor(at / n);
      const j = at % n;
      return g - (v[i] * b[j] + b[i] * v[j]) + s * (b[i] * b[j]);
    }),
    v: v.map((x, i) => x - Gb[i] - (s - vb) * b[i]),
    s: s - 2 * vb + dot(b, Gb),
  };
}

/** The loss `1/2 <(f - y)^2>` over the batch. */
export function loss({ v }: LinearState, moments: LinearMoments, alpha: number): number {
  const d = missing(v, moments, alpha);
  const both = pull(d, moments).map((x, i) => x - moments.q[i]);
  return 0.5 * (dot(d, both) + moments.rr);
}

/** The difference `alpha v - target`. */
function missing(v: Float64Array, { target }: LinearMoments, alpha: number): Float64Array {
  return v.map((x, i) => alpha * x - target[i]);
}

/**
 * The effective noise weights `alpha w2^T W_NI`, one per node.
 * @param inputs number of inputs `k`.
 */
export function effectiveNiw({ v }: LinearState, inputs: number, alpha: number): Float64Array {
  return v.slice(inputs).map((x) => alpha * x);
}

/** `|W_NI|`. Its part orthogonal to `w2` does not affect the loss and stays constant. */
export function niwNorm({ G, v }: LinearState, inputs: number): number {
  let square = 0;
  for (let i = inputs; i < v.length; i++) square += G[i * v.length + i];
  return Math.sqrt(square);
}

/** `lambda = alpha^2 (|w2|^2 + |W_NI|^2)`: the curvature of the loss for the noise weights. */
export function lambda(state: LinearState, inputs: number, alpha: number): number {
  return alpha * alpha * (state.s + niwNorm(state, inputs) ** 2);
}

/** `S d - q`: the gradient of the loss with respect to the linear map of `f`. */
function pull(d: Float64Array, { S, q }: LinearMoments): Float64Array {
  return times(S, d).map((x, i) => x - q[i]);
}

function times(matrix: Float64Array, vector: Float64Array): Float64Array {
  const n = vector.length;
  return vector.map((_, i) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += matrix[i * n + j] * vector[j];
    return sum;
  });
}
