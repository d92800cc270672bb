import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Reads what the driver wrote for all contestants: `meta`, and arrays by name. */
export function readStart(folder) {
  const meta = JSON.parse(readFileSync(join(folder, "meta.json"), "utf8"));
  const array = (name) => {
    const { buffer, byteOffset, byteLength } = readFileSync(join(folder, name));
    return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
  };
  return { meta, array };
}

/** `[rows, columns]` to `[columns, rows]`. */
export function transposed(values, rows, columns) {
  return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]);
}

export function normal() {
  const radius = Math.sqrt(-2 * Math.log(1 - Math.random()));
  return radius * Math.cos(2 * Math.PI * Math.random());
}

/** The indices of one batch after another, in a new random order for each epoch. */
export function* batches(rows, batch) {
  const order = Int32Array.from({ length: rows }, (_, i) => i);
  for (;;) {
    for (let i = rows - 1; i > 0; i--) {
      const j = Math.floor(Math.random() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    for (let at = 0; at + batch <= rows; at += batch) yield order.slice(at, at + batch);
  }
}
