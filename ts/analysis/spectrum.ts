import { EigenvalueDecomposition, Matrix } from "ml-matrix";

/** Eigenvalues and eigenvectors of a symmetric matrix, from the largest eigenvalue down. */
export interface Spectrum {
  /** Eigenvalues in descending order. */
  readonly values: Float64Array;
  /** Eigenvectors as rows, `[values.length, d]`. */
  readonly vectors: Float64Array;
}

/**
 * All eigenvalues and eigenvectors of a symmetric matrix.
 * @param matrix `[d, d]` row-major. Its symmetric part is used, because rounding may make it slightly asymmetric.
 */
export function spectrumOf(matrix: ArrayLike<number>): Spectrum {
  const d = Math.sqrt(matrix.length);
  const symmetric = Matrix.zeros(d, d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) symmetric.set(i, j, (matrix[i * d + j] + matrix[j * d + i]) / 2);
  }
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(symmetric, {
    assumeSymmetric: true,
  });
  const order = realEigenvalues
    .map((_, k) => k)
    .sort((a, b) => realEigenvalues[b] - realEigenvalues[a]);
  const vectors = new Float64Array(d * d);
  order.forEach((k, row) => {
    vectors.set(eigenvectorMatrix.getColumn(k), row * d);
  });
  return { values: Float64Array.from(order, (k) => realEigenvalues[k]), vectors };
}

/**
 * Squared lengths of `V`'s components along eigenvectors: `|q_k . V|^2`.
 * @param V `[d, m]` row-major.
 */
export function componentSquares(
  { vectors, values }: Spectrum,
  V: ArrayLike<number>,
): Float64Array {
  const d = vectors.length / values.length;
  const m = V.length / d;
  return values.map((_, k) => {
    let square = 0;
    for (let c = 0; c < m; c++) {
      let dot = 0;
      for (let i = 0; i < d; i++) dot += vectors[k * d + i] * V[i * m + c];
      square += dot * dot;
    }
    return square;
  });
}

/**
 * `tr(V^T R) / |V|^2`. With `R = <H> V` it is the normalised quadratic form of `<H>`, which is `tr<H> / d` on average
 * over isotropic `V`.
 */
export function quadraticForm(V: ArrayLike<number>, R: ArrayLike<number>): number {
  let both = 0;
  let square = 0;
  for (let i = 0; i < V.length; i++) {
    both += V[i] * R[i];
    square += V[i] * V[i];
  }
  return both / square;
}
