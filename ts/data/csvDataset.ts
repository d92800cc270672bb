import { InputError } from "../errors/errors.js";
import { type CsvTable, placesOf, readCsv } from "./csv.js";
import type { Dataset } from "./dataset.js";
import type { DataSpecOf } from "./specs.js";
import { tableDataset } from "./table.js";

/** Makes a data set from a table of text: one column is the target, the others are inputs. */
export function csvDataset(spec: DataSpecOf<"csv">, bytes: Uint8Array): Dataset {
  const table = readCsv(bytes, spec.header, `data.path (${spec.path})`, spec);
  const { columns, values, rows, whole } = table;
  const target = targetOf(spec, table);
  if (spec.ignore === undefined && target !== 0) refuseIndex(spec, table);
  const width = columns.length;
  const inputs = new Float64Array(rows * (width - 1));
  const targets = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    const row = values.subarray(r * width, (r + 1) * width);
    targets[r] = row[target];
    inputs.set(row.subarray(0, target), r * (width - 1));
    inputs.set(row.subarray(target + 1), r * (width - 1) + target);
  }
  const { task, classes, train, test } = spec;
  const floats = !whole[target];
  return tableDataset({ name: "csv", rows, inputs, targets, floats, task, classes, train, test });
}

/** The place of the target among the columns that were read. */
function targetOf({ target, path }: DataSpecOf<"csv">, { columns, places }: CsvTable): number {
  if (target === undefined) return columns.length - 1;
  if (typeof target === "number" && places.includes(target)) return places.indexOf(target);
  const found = placesOf(columns, typeof target === "number" ? `${target}` : target, "data.target");
  if (found.length === 1) return found[0];
  const numbers = found.map((c) => places[c]).join(" and ");
  throw new InputError(
    "data.target",
    `data.target is ${JSON.stringify(target)}: ${path} has ${found.length} columns of that name, numbers ${numbers}: takes one of the numbers`,
  );
}

/** Common names of an index column. pandas and R leave the name empty. */
const INDEX = /^(|unnamed: 0|index|id)$/i;
/** A column without a name looks like an index if it counts at least this many rows. */
const COUNTED = 3;

/** @throws InputError if the first column only counts the rows. */
function refuseIndex({ header, path }: DataSpecOf<"csv">, table: CsvTable): void {
  const { columns, values, rows } = table;
  const column = (r: number) => values[r * columns.length];
  const named = header !== false && INDEX.test(columns[0]);
  if (!named && (header !== false || rows < COUNTED)) return;
  for (let r = 1; r < rows; r++) if (column(r) !== column(0) + r) return;
  const name = header === false ? "the first column" : `the first column, "${columns[0]}",`;
  throw new InputError(
    "data.ignore",
    `data.ignore is not set: ${name} of ${path} counts its rows (${column(0)}, ${column(0) + 1}, ...): set it to [0] to leave that index out, or to [] to keep it as an input`,
  );
}
