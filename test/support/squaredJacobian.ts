/** `|df/dx|^2` of a network with biases at the last column, by tangents along the inputs. */
export function squaredJacobian(
  weights: readonly Float64Array[],
  activation: string,
  x: number[],
): number {
  const slopeOf = (z: number) => {
    if (activation === "relu") return z > 0 ? 1 : 0;
    if (activation === "tanh") return 1 - Math.tanh(z) ** 2;
    if (activation === "linear") return 1;
    return (gelu(z + 1e-4) - gelu(z - 1e-4)) / 2e-4;
  };
  const f: Record<string, (z: number) => number> = {
    ...{ relu: (z) => Math.max(0, z), tanh: Math.tanh, linear: (z) => z, gelu },
  };
  let values = x;
  let tangents = x.map((_, i) => x.map((__, j) => Number(i === j)));
  weights.forEach((w, l) => {
    const columns = values.length + 1;
    const applied = (from: number[], constant: number) =>
      Array.from({ length: w.length / columns }, (_, r) =>
        [...from, constant].reduce((sum, value, c) => sum + w[r * columns + c] * value, 0),
      );
    const z = applied(values, 1);
    const last = l === weights.length - 1;
    tangents = tangents.map((t) =>
      applied(t, 0).map((value, r) => (last ? value : slopeOf(z[r]) * value)),
    );
    values = last ? z : z.map(f[activation]);
  });
  return tangents.flat().reduce((sum, t) => sum + t * t, 0);
}

/** `z Phi(z)`, by the series of the normal distribution. */
function gelu(z: number): number {
  let term = z;
  let sum = z;
  for (let k = 1; k < 60; k++) {
    term *= (z * z) / (2 * k + 1);
    sum += term;
  }
  return z * (0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI));
}
