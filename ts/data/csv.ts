import { csvParseRows } from "d3-dsv";
import { cut, InputError, shown } from "../errors/errors.js";

export interface CsvTable {
  readonly columns: readonly string[];
  /** `[rows, columns]`, row-major. */
  readonly values: Float64Array;
  readonly rows: number;
}

/** `Number` also takes 0x10, and nothing at all for 0. */
const DECIMAL = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i;

/**
 * Reads a table of numbers.
 * @param header whether the first line names the columns; otherwise they are called 0, 1, ...
 * @throws InputError naming line and column of the first cell that is not a finite number.
 */
export function readCsv(bytes: Uint8Array, header: boolean, field: string): CsvTable {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new InputError(field, `${field}: not a text file in UTF-8`);
  }
  const lines = csvParseRows(text.trimEnd());
  const width = lines[0]?.length ?? 0;
  const columns = header
    ? (lines[0] ?? []).map((name) => name.trim())
    : Array.from({ length: width }, (_, c) => `${c}`);
  const first = header ? 1 : 0;
  const rows = lines.length - first;
  if (rows < 1 || width < 2) {
    throw new InputError(
      field,
      `${field}: expected at least one row of two columns or more, found ${Math.max(rows, 0)} x ${width}`,
    );
  }
  const values = new Float64Array(rows * width);
  for (let r = 0; r < rows; r++) {
    const cells = lines[r + first];
    const line = r + first + 1;
    if (cells.length !== width) {
      throw new InputError(
        field,
        `${field}: line ${line} has ${cells.length} cells: expected ${width}, as in the first`,
      );
    }
    for (let c = 0; c < width; c++) {
      const value = DECIMAL.test(cells[c]) ? Number(cells[c]) : Number.NaN;
      if (!Number.isFinite(value)) {
        throw new InputError(
          field,
          `${field}: line ${line}, column ${cut(columns[c])} is ${shown(cells[c])}: takes a finite number`,
        );
      }
      values[r * width + c] = value;
    }
  }
  return { columns, values, rows };
}
