import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import type { Spectrum } from "./spectrum.js";
import { dot } from "./vectors.js";

/** Applies a symmetric linear map to a vector `[d]`. */
export type Apply = (vector: Float64Array) => Promise<Float64Array>;

/** The outermost part of a symmetric map's spectrum, and its accuracy. */
export interface LanczosResult extends Spectrum {
  /** Bound on the distance of each value to an eigenvalue: the length of the residual `|A q - theta q|`. */
  readonly residuals: Float64Array;
  /** Squared overlap of each vector with the start vector. These weights give the start's spectral density. */
  readonly weights: Float64Array;
}

/**
 * Eigenvalues of a symmetric map by Lanczos' recursion with full reorthogonalisation (Golub and Van Loan, *Matrix
 * Computations*, section 10.3). The outermost ones converge first.
 * @param start any vector that is not zero; a random one finds every eigenvalue.
 * @param steps largest number of applications of the map. It stops earlier if the `leading` largest eigenvalues are
 * found to `tolerance` (relative to the largest), or if the invariant subspace of the start is exhausted.
 */
export async function lanczos(
  apply: Apply,
  start: ArrayLike<number>,
  {
    steps,
    tolerance = 0,
    leading = 1,
  }: { readonly steps: number; readonly tolerance?: number; readonly leading?: number },
): Promise<LanczosResult> {
  const d = start.length;
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const offDiagonal: number[] = [];
  let next = scaled(Float64Array.from(start), 1 / length(start));
  let found: LanczosResult;
  for (let k = 1; ; k++) {
    basis.push(next);
    const image = await apply(next);
    diagonal.push(dot(next, image));
    // Twice is enough (Parlett): the second pass removes what cancellation left in the first.
    for (let pass = 0; pass < 2; pass++) for (const q of basis) subtract(image, q, dot(image, q));
    const rest = length(image);
    const scale = Math.max(...diagonal.map(Math.abs), ...offDiagonal);
    const exhausted = !(rest > 1e-13 * scale);
    const last = k >= Math.min(steps, d) || exhausted;
    if (last || (tolerance > 0 && k % 5 === 0)) {
      found = ritz(basis, diagonal, offDiagonal, exhausted ? 0 : rest);
      const residual = Math.max(...found.residuals.slice(0, leading));
      const enough = k >= leading && residual <= tolerance * Math.abs(found.values[0]);
      if (last || enough) return found;
    }
    offDiagonal.push(rest);
    next = scaled(image, 1 / rest);
  }
}

function ritz(
  basis: readonly Float64Array[],
  diagonal: readonly number[],
  offDiagonal: readonly number[],
  rest: number,
): LanczosResult {
  const k = diagonal.length;
  const d = basis[0].length;
  const T = Matrix.zeros(k, k);
  for (let i = 0; i < k; i++) {
    T.set(i, i, diagonal[i]);
    if (i + 1 < k) {
      T.set(i, i + 1, offDiagonal[i]);
      T.set(i + 1, i, offDiagonal[i]);
    }
  }
  const { realEigenvalues: theta, eigenvectorMatrix: S } = new EigenvalueDecomposition(T, {
    assumeSymmetric: true,
  });
  const order = theta.map((_, i) => i).sort((a, b) => theta[b] - theta[a]);
  const vectors = new Float64Array(k * d);
  order.forEach((column, row) => {
    const vector = vectors.subarray(row * d, (row + 1) * d);
    for (let i = 0; i < k; i++) subtract(vector, basis[i], -S.get(i, column));
  });
  return {
    values: Float64Array.from(order, (i) => theta[i]),
    vectors,
    residuals: Float64Array.from(order, (i) => rest * Math.abs(S.get(k - 1, i))),
    weights: Float64Array.from(order, (i) => S.get(0, i) ** 2),
  };
}

/**
 * The density of eigenvalues by stochastic Lanczos quadrature (Lin, Saad and Yang, *SIAM Review* 58, 2016): the mean
 * over runs from random starts, with a Gaussian of width `spread` for each value.
 * @returns the density at the points, with integral 1.
 */
export function spectralDensity(
  runs: readonly LanczosResult[],
  points: ArrayLike<number>,
  spread: number,
): Float64Array {
  const norm = 1 / (runs.length * spread * Math.sqrt(2 * Math.PI));
  return Float64Array.from(points, (x) => {
    let sum = 0;
    for (const { values, weights } of runs) {
      for (let i = 0; i < values.length; i++) {
        sum += weights[i] * Math.exp(-(((x - values[i]) / spread) ** 2) / 2);
      }
    }
    return norm * sum;
  });
}

function length(a: ArrayLike<number>): number {
  return Math.sqrt(dot(a, a));
}

function scaled(a: Float64Array, factor: number): Float64Array {
  return a.map((x) => x * factor);
}

/** `into -= factor * from`. */
function subtract(into: Float64Array, from: Float64Array, factor: number): void {
  for (let i = 0; i < into.length; i++) into[i] -= factor * from[i];
}
