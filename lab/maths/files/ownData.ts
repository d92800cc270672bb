import { type DataSummary, type Dataset, dataSummary } from "../../../ts/data/dataset.js";
import { loadDataset } from "../../../ts/data/load.js";
import type { DataInput } from "../../../ts/data/specs.js";
import { InputError } from "../../../ts/errors/errors.js";
import { parseExperiment } from "../../../ts/experiment/parse.js";
import type { Kernels } from "../../../ts/kernels/kernels.js";
import { Streams } from "../../../ts/random/streams.js";
import { givenFiles } from "./givenFiles.js";

/** Samples that a page trains with: more would keep people waiting. */
const USED = { train: 2000, test: 500 } as const;
/** Samples on show. */
const SHOWN = 12;

/** One sample as a picture: grey levels of `side` rows, and what it shows. */
export interface Picture {
  readonly side: number;
  readonly pixels: Uint8ClampedArray;
  readonly label: string;
}

/** Data that was read from files. */
export interface OwnData {
  readonly spec: DataInput;
  readonly summary: DataSummary;
  /** The first samples; empty if they are no pictures. */
  readonly pictures: readonly Picture[];
  /** The first samples as text, inputs and then the target; empty if they are pictures. */
  readonly rows: readonly (readonly string[])[];
  /** What the reader should know of how the samples were split. */
  readonly note: string | null;
}

/**
 * Reads what a `data` field names. Without numbers of samples, it takes as many as a page can train with.
 * @throws InputError of the library's readers.
 */
export async function readOwnData(spec: DataInput, kernels: Kernels): Promise<OwnData> {
  const asked = "train" in spec && spec.train !== undefined;
  if (asked) return described(spec, await load(spec, kernels), null);
  const all = await loadWithIndex(spec, kernels);
  const { spec: sized, note } = split(all.spec, all.dataset);
  return described(sized, await load(sized, kernels), note);
}

/** The samples that a `data` field names, from files or generated. */
export function load(spec: DataInput, kernels: Kernels): Promise<Dataset> {
  const { data } = parseExperiment({ data: spec });
  return loadDataset(data, new Streams(kernels, 0), givenFiles);
}

/** A first column that only counts rows is left out. */
async function loadWithIndex(spec: DataInput, kernels: Kernels) {
  try {
    return { spec, dataset: await load(spec, kernels) };
  } catch (error) {
    if (!(error instanceof InputError) || error.field !== "data.ignore") throw error;
    const without = { ...spec, ignore: [0] } as DataInput;
    return { spec: without, dataset: await load(without, kernels) };
  }
}

/** A fifth of the rows is for tests, if the others still hold all classes. */
function split(spec: DataInput, { task, outputs, train, test }: Dataset) {
  if (test) {
    const sizes = { train: Math.min(train.rows, USED.train), test: Math.min(test.rows, USED.test) };
    return { spec: { ...spec, ...sizes } as DataInput, note: null };
  }
  const held = spec.name === "idx" ? 0 : Math.min(USED.test, Math.floor(train.rows / 5));
  const rows = Math.min(USED.train, train.rows - held);
  const seen = new Set(train.targets.subarray(0, rows));
  const lacking = task === "classification" && seen.size < outputs;
  const sizes = lacking
    ? { train: Math.min(train.rows, 5 * USED.train) }
    : { train: rows, ...(held > 0 && { test: held }) };
  const note = lacking
    ? "The file is sorted by class, so no rows are held back for tests: shuffle its rows to have some."
    : null;
  return { spec: { ...spec, ...sizes } as DataInput, note };
}

function described(spec: DataInput, dataset: Dataset, note: string | null): OwnData {
  const side = pictureSide(spec, dataset);
  const count = Math.min(SHOWN, dataset.train.rows);
  const shown = Array.from({ length: count }, (_, i) => i);
  return {
    ...{ spec, summary: dataSummary(dataset), note },
    pictures: side === null ? [] : shown.map((i) => picture(dataset, i, side)),
    rows: side === null ? shown.slice(0, 5).map((i) => asText(dataset, i)) : [],
  };
}

/** Rows of a picture; null if samples are none. */
function pictureSide({ name }: DataInput, { inputs }: Dataset): number | null {
  const side = Math.round(Math.sqrt(inputs));
  const isSquare = side * side === inputs && side >= (name === "idx" ? 1 : 8);
  return isSquare ? side : null;
}

function picture({ inputs, train, task }: Dataset, i: number, side: number): Picture {
  const values = train.inputs.subarray(i * inputs, (i + 1) * inputs);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const scale = high > low ? 255 / (high - low) : 0;
  const pixels = Uint8ClampedArray.from(values, (value) => (value - low) * scale);
  const target = train.targets[i];
  return { side, pixels, label: task === "classification" ? `class ${target}` : `${target}` };
}

const MOST_CELLS = 8;

function asText({ inputs, outputs, train, task }: Dataset, i: number): string[] {
  const cell = (value: number) => String(Number(value.toPrecision(4)));
  const values = Array.from(train.inputs.subarray(i * inputs, i * inputs + MOST_CELLS), cell);
  const wide = task === "classification" ? 1 : outputs;
  const targets = Array.from(train.targets.subarray(i * wide, i * wide + Math.min(wide, 4)), cell);
  return [...values, ...(inputs > MOST_CELLS ? ["…"] : []), targets.join(", ")];
}
