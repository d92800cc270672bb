import { type Dispatch, Kernel, rowIn, THREADS } from "./kernel.js";

/**
 * Rows of the array of cells; each row holds one number of all cells. They are alpha, sigma, c = eta alpha, slope; the
 * state G11, G12, G22, v1, v2, s; and the results: largest and last loss, largest |v2|, number of updates.
 */
export const CELL_ROWS = 14;
/** Numbers per step: <x x>, <x xi>, <xi xi>, <x r>, <xi r>, <r r>, with unit noise xi and the residual r. */
export const MOMENT_COLUMNS = 6;

/** A larger loss counts as diverged. Its cube is still finite. */
const DIVERGED = "1e12";

/**
 * Runs each cell of the linear model for `steps` steps of its exact recursion (`ts/theory/linear.ts`), starting with
 * step `first`. There is one thread per cell, and all cells share the moments. A cell that has diverged does not change
 * any more.
 */
export function linear(
  cells: number,
  first: number,
  steps: number,
  buffers: { readonly cells: string; readonly moments: string },
): Dispatch {
  const k = new Kernel();
  const state = k.storage(rowIn(buffers.cells, CELL_ROWS * cells), true);
  const moments = k.storage(rowIn(buffers.moments, MOMENT_COLUMNS * (first + steps)), false);
  const count = k.u32(cells);
  const names = ["alpha", "sigma", "c", "slope", "g11", "g12", "g22", "v1", "v2", "s"];
  const kept = ["lossMax", "loss", "v2Max", "made"];
  const all = [...names, ...kept];
  const load = all.map((name, row) => `var ${name} = ${state}[${row} * ${count} + i];`);
  const store = all.slice(4).map((name, j) => `${state}[${j + 4} * ${count} + i] = ${name};`);
  return k.dispatch({
    main: `let i = group.x * ${THREADS} + lane;
if (i >= ${count}) { return; }
${load.join("\n")}
for (var t = 0u; t < ${k.u32(steps)} && loss <= ${DIVERGED}; t++) {
let m = (${k.u32(first)} + t) * ${MOMENT_COLUMNS};
let s11 = ${moments}[m];
let s12 = sigma * ${moments}[m + 1];
let s22 = sigma * sigma * ${moments}[m + 2];
let q1 = ${moments}[m + 3];
let q2 = sigma * ${moments}[m + 4];
let d1 = alpha * v1 - slope;
let d2 = alpha * v2;
let e1 = s11 * d1 + s12 * d2 - q1;
let e2 = s12 * d1 + s22 * d2 - q2;
loss = 0.5 * (d1 * (e1 - q1) + d2 * (e2 - q2) + ${moments}[m + 5]);
lossMax = max(lossMax, loss);
v2Max = max(v2Max, abs(v2));
if (!(loss <= ${DIVERGED})) { break; }
let b1 = c * e1;
let b2 = c * e2;
let gb1 = g11 * b1 + g12 * b2;
let gb2 = g12 * b1 + g22 * b2;
let vb1 = v1 * b1;
let vb2 = v2 * b2;
let rest = s - vb1 - vb2;
g11 += s * b1 * b1 - 2.0 * vb1;
g12 += s * b1 * b2 - v1 * b2 - b1 * v2;
g22 += s * b2 * b2 - 2.0 * vb2;
v1 -= gb1 + rest * b1;
v2 -= gb2 + rest * b2;
s += b1 * gb1 + b2 * gb2 - 2.0 * (vb1 + vb2);
made += 1.0;
}
${store.join("\n")}`,
    grid: [Math.ceil(cells / THREADS), 1, 1],
  });
}
