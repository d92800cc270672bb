/**
 * Operations per byte, if every product of `[m, k, n]` reads its operands and writes its result once. An update adds to its
 * result, so it also reads it.
 */
export function productIntensity({ m, k, n, case: name }) {
  return operations(m, k, n) / bytes(m, k, n, name);
}

/** As `productIntensity`, for all products of a training step. */
export function stepIntensity(widths, batch) {
  const made = widths
    .slice(1)
    .flatMap((n, l) =>
      ["forward", ...(l > 0 ? ["backward"] : []), "update"].map((name) => [
        batch,
        widths[l],
        n,
        name,
      ]),
    );
  const sum = (of) => made.reduce((total, product) => total + of(...product), 0);
  return sum(operations) / sum(bytes);
}

function operations(m, k, n) {
  return 2 * m * k * n;
}

function bytes(m, k, n, name) {
  return 4 * (m * k + k * n + m * n + (name === "update" ? k * n : 0));
}
