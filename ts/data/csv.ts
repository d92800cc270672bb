import { cut, InputError, shown } from "../errors/errors.js";
import { linesOf } from "./cells.js";
import { textOf } from "./text.js";

/** A column, by its name or by its number counted from 0. */
export type ColumnName = string | number;

export interface CsvFormat {
  /** Default: a comma. */
  readonly separator?: string;
  /** Default: a point. */
  readonly decimal?: string;
  /** Columns to leave out. */
  readonly ignore?: readonly ColumnName[];
}

export interface CsvTable {
  /** Names of the columns that were read. */
  readonly columns: readonly string[];
  /** Their numbers in the file, counted from 0. */
  readonly places: readonly number[];
  /** For each of them, whether all of its cells are written as integers. */
  readonly whole: readonly boolean[];
  /** `[rows, columns]`, row-major. */
  readonly values: Float64Array;
  readonly rows: number;
}

/** What counts as a number. `Number` also accepts 0x10, and takes an empty text for 0. */
const DECIMAL = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i;
const WHOLE = /^\s*[+-]?\d+\s*$/;
const DECIMAL_COMMA = /^\s*[+-]?\d*,\d+\s*$/;
/** What tables contain in place of a missing number. */
const MISSING = /^\s*(nan|n\/?a|null|none|[+-]?inf(inity)?)?\s*$/i;

/**
 * Reads a table of numbers.
 * @param header whether the first line holds the columns' names; otherwise they are called 0, 1, ... By default it
 * does, and it is refused if all of its cells may be numbers.
 * @param field names the file in messages.
 * @throws InputError that names line and column of the first cell that is not a finite number, or the setting that
 * matches what was found.
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

/** The number in a cell; NaN if there is none. With a decimal comma, a point is not accepted either. */
function numberIn(cell: string, decimal: string): number {
  const text = decimal === "." ? cell : cell.replace(/[.,]/g, (c) => (c === "," ? "." : "_"));
  return DECIMAL.test(text) ? Number(text) : Number.NaN;
}

/** @throws InputError if the first line has another separator than a comma. */
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

/** @throws InputError if the first line may be a sample as well as names. */
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
 * The numbers of the columns with this name, or a number itself.
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
