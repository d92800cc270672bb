import type { Op, Product, Region } from "../../program/ops.js";

/** Rows and columns of the register tile of a build's products. */
export interface Tile {
  readonly rows: number;
  readonly cols: number;
}

/** What one thread computes of an operation: an operation on parts of its matrices. */
export interface Part {
  readonly op: Op;
  /** For a gather: the rows of the whole operation and the first row of this part, which select its samples. */
  readonly gathered?: { readonly rows: number; readonly first: number };
}

/** Weights are cut by rows if each thread gets at least so many tiles of them. */
const ROWS_EACH = 4;

interface Range {
  readonly first: number;
  readonly length: number;
}

/** Products with a side of at most this length have functions of their own (`assembly/thin.ts`). */
const THIN = 4;
/** Thin products compute so many rows or columns at once, counted from the first. */
const THIN_GROUP = 16;
/** Thin products of one or two terms are computed in another way if they have more columns than this. */
const MANY_COLUMNS = 27_000;

/**
 * Splits an operation over threads, by rows or columns of its result and never along a sum. Each element is therefore
 * computed as on one thread, with the same bits. Sums over the whole result (losses, norms) are the first thread's.
 * @returns what each thread computes; null: nothing.
 */
export function partsOf(op: Op, threads: number, tile: Tile): (Part | null)[] {
  const whole = (only: Op): (Part | null)[] =>
    Array.from({ length: threads }, (_, t) => (t === 0 ? { op: only } : null));
  const byElement = (
    of: Region,
    part: (range: Range, sideways: boolean) => Op,
    weights = false,
  ): (Part | null)[] => {
    const sideways = isSideways(of, threads, tile, weights);
    return ranges(of, threads, tile, sideways).map((range) =>
      range.length > 0 ? { op: part(range, sideways) } : null,
    );
  };
  switch (op.op) {
    case "gather": {
      const { rows } = op.into;
      return cut(rows, threads, tile.rows).map(({ first, length }) =>
        length > 0
          ? {
              op: { ...op, into: rowsOf(op.into, { first, length }) },
              gathered: { rows, first },
            }
          : null,
      );
    }
    case "product":
      return productParts(op, threads, tile);
    case "activate":
      return byElement(op.into, (range, sideways) => ({
        ...op,
        from: side(op.from, range, sideways),
        into: side(op.into, range, sideways),
      }));
    case "activationGradient":
      return byElement(op.into, (range, sideways) => ({
        ...op,
        at: side(op.at, range, sideways),
        into: side(op.into, range, sideways),
      }));
    case "activationCurvature":
      return byElement(op.into, (range, sideways) => ({
        ...op,
        at: side(op.at, range, sideways),
        tangent: side(op.tangent, range, sideways),
        gradient: side(op.gradient, range, sideways),
        into: side(op.into, range, sideways),
      }));
    case "addScaled":
      return byElement(
        op.into,
        (range, sideways) => ({
          ...op,
          from: side(op.from, range, sideways),
          into: side(op.into, range, sideways),
        }),
        true,
      );
    case "multiply":
      return byElement(op.into, (range, sideways) => ({
        ...op,
        by: side(op.by, range, sideways),
        into: side(op.into, range, sideways),
      }));
    // Kernels of softmax tangents use memory that all threads share.
    case "softmaxTangent":
    case "crossEntropy":
    case "squaredError":
    case "countCorrect":
    case "dot":
      return whole(op);
  }
}

/**
 * Each part is computed by the function that computes the whole: a side that is not thin stays so, and the parts of thin
 * products are whole groups.
 */
function productParts(op: Product, threads: number, tile: Tile): (Part | null)[] {
  const { a, b, c } = op;
  const depth = op.transposeA ? a.rows : a.cols;
  const thin = Math.min(c.rows, c.cols, depth) <= THIN;
  const sideways =
    isSideways(c, threads, tile, op.transposeA) && !(depth <= 2 && c.cols > MANY_COLUMNS);
  const group = thin ? THIN_GROUP : sideways ? tile.cols : tile.rows;
  return cut(sideways ? c.cols : c.rows, threads, group).map((range) => {
    if (range.length === 0) return null;
    const parts = sideways
      ? { b: side(b, range, !op.transposeB) }
      : { a: side(a, range, op.transposeA) };
    return { op: { ...op, ...parts, c: side(c, range, sideways) } };
  });
}

/**
 * Whether the parts of a matrix are columns: the longer side is cut. Weights, which are updated by sums over the samples, are
 * cut by rows where there are enough: the thread that updates a row then also multiplies with it in the next step, and finds it
 * in its own cache.
 */
function isSideways(
  { rows, cols }: Region,
  threads: number,
  tile: Tile,
  weights: boolean,
): boolean {
  return cols >= rows && !(weights && rows >= ROWS_EACH * tile.rows * threads);
}

function ranges({ rows, cols }: Region, threads: number, tile: Tile, sideways: boolean): Range[] {
  return sideways ? cut(cols, threads, tile.cols) : cut(rows, threads, tile.rows);
}

/**
 * Cuts a length at multiples of `unit` into as many ranges as there are threads; ranges may be empty. None that is not
 * empty is thin, unless the whole is.
 */
export function cut(length: number, threads: number, unit: number): Range[] {
  const units = Math.max(1, Math.ceil((length - THIN) / unit));
  // The last one also gets what is left at the end, so the others get more units where the units do not divide.
  const start = (t: number) => {
    const before = Math.ceil((units * t) / threads);
    return before === units ? length : before * unit;
  };
  return Array.from({ length: threads }, (_, t) => ({
    first: start(t),
    length: start(t + 1) - start(t),
  }));
}

function side(of: Region, range: Range, sideways: boolean): Region {
  return sideways
    ? { ...of, offset: of.offset + range.first, cols: range.length }
    : rowsOf(of, range);
}

function rowsOf(of: Region, { first, length }: Range): Region {
  return { ...of, offset: of.offset + first * of.stride, rows: length };
}
