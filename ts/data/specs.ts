import * as v from "valibot";
import { choice, flag, integer, list, real } from "../schema/takes.js";
import { MOST_CLASSES } from "./labels.js";

const MAX_ROWS = 1e9;

const rows = (fallback: number) => v.optional(integer(1, MAX_ROWS), fallback);
const testRows = (fallback: number) => v.optional(integer(0, MAX_ROWS), fallback);
const path = () => v.pipe(v.string("takes a file's path"), v.minLength(1, "takes a file's path"));

const linearRegression = v.pipe(
  v.strictObject({
    name: v.literal("linear-regression"),
    inputs: v.optional(integer(1, 65536), 1),
    slope: v.optional(
      v.union(
        [real(-1e30), list(real(-1e30), 65536, "takes a number or a list of numbers")],
        "takes a number or a list of numbers",
      ),
      1,
    ),
    scale: v.optional(real(0, { exclusive: true }), 1),
    train: rows(200),
    test: testRows(0),
  }),
  v.forward(
    v.check(
      ({ inputs, slope }) => !Array.isArray(slope) || slope.length === inputs,
      "takes a number, or a list of one for each input",
    ),
    ["slope"],
  ),
);

const teacher = v.strictObject({
  name: v.literal("teacher"),
  inputs: v.optional(integer(1, 65536), 16),
  outputs: v.optional(integer(1, 65536), 1),
  hidden: v.optional(list(integer(1, 65536), 64, "takes a list of widths"), [32]),
  activation: v.optional(choice(["tanh", "relu"]), "tanh"),
  noise: v.optional(real(0), 0),
  train: rows(1000),
  test: testRows(500),
});

const gaussianMixture = v.strictObject({
  name: v.literal("gaussian-mixture"),
  inputs: v.optional(integer(1, 65536), 64),
  classes: v.optional(integer(2, 65536), 10),
  separation: v.optional(real(0), 4),
  train: rows(2000),
  test: testRows(1000),
});

const spiral = v.strictObject({
  name: v.literal("spiral"),
  classes: v.optional(integer(2, 1000), 3),
  turns: v.optional(real(0, { max: 1000 }), 1),
  noise: v.optional(real(0), 0.05),
  train: rows(1000),
  test: testRows(500),
});

const normalization = () => v.optional(choice(["unit", "standard", "none"]), "standard");

const images = <const N extends string>(name: N) =>
  v.strictObject({
    name: v.literal(name),
    train: rows(2000),
    test: testRows(2000),
    normalization: normalization(),
    folder: v.optional(path()),
  });

const targetsOfFiles = {
  task: v.optional(choice(["classification", "regression"])),
  classes: v.optional(integer(2, MOST_CLASSES)),
};

const idx = v.strictObject({
  name: v.literal("idx"),
  images: path(),
  labels: path(),
  testImages: v.optional(path()),
  testLabels: v.optional(path()),
  train: v.optional(integer(1, MAX_ROWS)),
  test: v.optional(integer(0, MAX_ROWS)),
  normalization: normalization(),
  ...targetsOfFiles,
});

const columnsOfTask = {
  ...targetsOfFiles,
  train: v.optional(integer(1, MAX_ROWS)),
  test: testRows(0),
};

const npz = v.strictObject({
  name: v.literal("npz"),
  path: path(),
  inputs: v.optional(v.string("takes an array's name"), "X"),
  targets: v.optional(v.string("takes an array's name"), "y"),
  ...columnsOfTask,
});

const npy = v.strictObject({
  name: v.literal("npy"),
  inputs: path(),
  targets: path(),
  ...columnsOfTask,
});

const columnName = () => v.union([v.string(), integer(0, 1e6)], "takes a column's name or number");

const csv = v.strictObject({
  name: v.literal("csv"),
  path: path(),
  target: v.optional(columnName()),
  header: v.optional(flag()),
  separator: v.optional(
    v.picklist([",", ";", "\t", " "], 'takes one of ",", ";", "\\t" (a tab), " " (blanks)'),
  ),
  decimal: v.optional(choice([".", ","])),
  ignore: v.optional(list(columnName(), 65536, "takes a list of columns' names or numbers")),
  ...columnsOfTask,
});

/** What `data` accepts; `DataSpec` describes each field. */
export const dataSchema = v.variant("name", [
  linearRegression,
  teacher,
  gaussianMixture,
  spiral,
  images("fashion-mnist"),
  images("mnist"),
  idx,
  npz,
  npy,
  csv,
]);

export type { DataInput, DataSpec, DataSpecOf } from "./dataSpec.js";
