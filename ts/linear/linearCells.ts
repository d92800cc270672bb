/** Numbers of a linear model's cell, before its run and after: each names what it holds. */
export const CELL_NUMBERS = [
  "alpha",
  "sigma",
  "step",
  "slope",
  "g11",
  "g12",
  "g22",
  "v1",
  "v2",
  "s",
  "lossMax",
  "loss",
  "v2Max",
  "made",
] as const;
export type CellNumber = (typeof CELL_NUMBERS)[number];

/** Numbers of a step's moments: `<x x>, <x xi>, <xi xi>, <x r>, <xi r>, <r r>` with unit noise and the residual r. */
export const MOMENTS = 6;

/** Cells of the linear model that take their steps together, by the exact recursion (`ts/theory/linear.ts`). */
export interface LinearCells {
  /** Steps that may be asked for at a time, so that whoever waits stays responsive. */
  readonly atOnce: number;
  get(cell: number, name: CellNumber): number;
  /** @param moments `[steps, 6]`, shared by all cells. */
  run(moments: Float64Array, steps: number): Promise<void> | void;
}

/** How a cell starts: `step` is `eta alpha`. What is left out is 0. */
export type CellStart = Readonly<Partial<Record<CellNumber, number>>>;
