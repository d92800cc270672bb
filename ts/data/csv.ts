import { cut, InputError, shown } from "../errors/errors.js";
import { linesOf } from "./cells.js";
import { textOf } from "./text.js";

/** A column by its name, or by its number from 0. */
export type ColumnName = string | number;

export interface CsvFormat {
  /** Left out: a comma. */
  readonly separator?: string;
  /** Left out: a point. */
  readonly decimal?: string;
  /** Columns that are not read. */
  readonly ignore?: readonly ColumnName[];
}

export interface CsvTable {
  /** Names of the columns that were read. */
  readonly columns: readonly string[];
  /** Their numbers in the file, from 0. */
  readonly places: readonly number[];
  /** Whether each of their cells is written as an integer. */
  readonly whole: readonly boolean[];
  /** `[rows, columns]`, row-major. */
  readonly values: Float64Array;
  readonly rows: number;
}

/** `Number` also takes 0x10, and nothing at all for 0. */
const DECIMAL = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i;
const WHOLE = /^\s*[+-]?\d+\s*$/;
const DECIMAL_COMMA = /^\s*[+-]?\d*,\d+\s*$/;
/** What tables hold in place of a number that is missing. */
const MISSING = /^\s*(nan|n\/?a|null|none|[+-]?inf(inity)?)?\s*$/i;

/**
 * Reads a table of numbers.
 * @param header whether the first line names the columns; otherwise they are called 0, 1, ... Left out: it does, and is
 * refused if all that it holds may be numbers.
 * @param field names the file in messages.
 * @throws InputError naming line and column of the first cell that is not a finite number, or the setting that fits
 * what was found.
 */
export function readCsv(
  bytes: Uint8Array,
  header: boolean | undefined,
  field: string,
  { separator, decimal = ".", ignore = [] }: CsvFormat = {},
): CsvTable {
  const fail = (what: string): never => {
    throw new InputError(field, `${field}: ${what}`);
  };
  const text = textOf(bytes, fail);
  if (separator === undefined) refuseOtherSeparators(text, field);
  const lines = linesOf(text, separator ?? ",", fail);
  const names = lines[0]?.cells ?? [];
  if (header === undefined) refuseNumbers(names, field);
  const data = header === false ? lines : lines.slice(1);
  const all = names.map((name, c) => (header === false ? `${c}` : name.trim()));
  const left = leftOut(all, ignore);
  const places = [...all.keys()].filter((c) => !left.has(c));
  if (data.length < 1 || places.length < 2) {
    return fail(
      `expected at least one row of two columns or more, found ${data.length} x ${places.length}`,
    );
  }
  const whole = places.map(() => true);
  const values = new Float64Array(data.length * places.length);
  data.forEach(({ number, cells }, r) => {
    if (cells.length !== all.length)
      fail(`line ${number} has ${cells.length} cells: expected ${all.length}, as in the first`);
    places.forEach((c, k) => {
      const value = numberIn(cells[c], decimal);
      if (!Number.isFinite(value)) {
        const comma = decimal === "." && DECIMAL_COMMA.test(cells[c]);
        const hint = comma ? '; if that is a decimal comma, set data.decimal to ","' : "";
        fail(
          `line ${number}, column ${cut(all[c])} is ${shown(cells[c])}: takes a finite number${hint}`,
        );
      }
      if (!WHOLE.test(cells[c])) whole[k] = false;
      values[r * places.length + k] = value;
    });
  });
  return { columns: places.map((c) => all[c]), places, whole, values, rows: data.length };
}

/** NaN for what is no number; with a decimal comma, a point is none either. */
function numberIn(cell: string, decimal: string): number {
  const text = decimal === "." ? cell : cell.replace(/[.,]/g, (c) => (c === "," ? "." : "_"));
  return DECIMAL.test(text) ? Number(text) : Number.NaN;
}

/** @throws InputError if another separator than a comma stands in the first line. */
function refuseOtherSeparators(text: string, field: string): void {
  const [line] = /^.*/.exec(text.trimStart()) as RegExpExecArray;
  const bare = line.trim().replace(/"[^"]*"/g, "");
  const likely = bare.includes(",") ? [";", "\t"] : [";", "\t", " "];
  const found = likely.find((separator) => bare.includes(separator));
  if (found === undefined) return;
  const or = bare.includes(",") ? ', or to "," if commas separate the cells' : "";
  throw new InputError(
    "data.separator",
    `data.separator is not set: line 1 of ${field} is ${shown(line)}: set it to ${JSON.stringify(found)}${or}`,
  );
}

/** @throws InputError if a first line may be a sample as well as names. */
function refuseNumbers(cells: readonly string[], field: string): void {
  const named = (cell: string) => !MISSING.test(cell) && !DECIMAL.test(cell.replace(",", "."));
  if (cells.length === 0 || cells.some(named)) return;
  throw new InputError(
    "data.header",
    `data.header is not set: line 1 of ${field} holds numbers (${cut(cells.join(", "))}): set it to false if that is a sample (the columns are then 0, 1, ...), or to true if those are names`,
  );
}

function leftOut(names: readonly string[], ignore: readonly ColumnName[]): Set<number> {
  return new Set(ignore.flatMap((column, i) => placesOf(names, column, `data.ignore.${i}`)));
}

/**
 * The numbers of the columns that have a name, or one number itself.
 * @throws InputError if there is no such column.
 */
export function placesOf(names: readonly string[], column: ColumnName, field: string): number[] {
  const found = [...names.keys()].filter((c) => c === column || names[c] === column);
  if (found.length > 0) return found;
  throw new InputError(
    field,
    `${field} is ${shown(column)}: takes one of the columns ${cut(names.join(", "))}, or a number from 0 to ${names.length - 1}`,
  );
}
