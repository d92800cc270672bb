/** The numbers of one cell, before and after its run. */
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

/** Cells of the linear model that advance together by the exact recursion (`ts/theory/linear.ts`). */
export interface LinearCells {
  /** Largest number of steps for one call, so that the caller stays responsive. */
  readonly atOnce: number;
  get(cell: number, name: CellNumber): number;
  /** @param moments `[steps, 6]`, shared by all cells. */
  run(moments: Float64Array, steps: number): Promise<void> | void;
}

/** How the cells of a grid start: every `sigma` of the first step size, then those of the next one. */
export interface CellStarts {
  /** What all cells start with; numbers that are left out are 0. */
  readonly shared: Readonly<Partial<Record<CellNumber, number>>>;
  readonly sigmas: readonly number[];
  /** Each `eta alpha`. */
  readonly steps: readonly number[];
}

/** Where each number lies among a cell's. */
export const PLACES = Object.fromEntries(
  CELL_NUMBERS.map((name, place) => [name, place]),
) as Record<CellNumber, number>;
