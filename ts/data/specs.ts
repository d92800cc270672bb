import * as v from "valibot";
import { choice, flag, integer, list, real } from "../schema/takes.js";
import { MOST_CLASSES } from "./labels.js";

const MAX_ROWS = 1e9;

const rows = (fallback: number) => v.optional(integer(1, MAX_ROWS), fallback);
const testRows = (fallback: number) => v.optional(integer(0, MAX_ROWS), fallback);
const path = () => v.pipe(v.string("takes a file's path"), v.minLength(1, "takes a file's path"));

/** `x ~ N(0, scale^2)`, `y = slope . x`: the data of the linear model (theory, section 3). */
const linearRegression = v.pipe(
  v.strictObject({
    name: v.literal("linear-regression"),
    inputs: v.optional(integer(1, 65536), 1),
    /** One number for every input, or a list of `inputs` numbers. */
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

/** Standard normal inputs; targets from a random MLP with LeCun weights, whose layers keep unit variance if they are relu. */
const teacher = v.strictObject({
  name: v.literal("teacher"),
  inputs: v.optional(integer(1, 65536), 16),
  outputs: v.optional(integer(1, 65536), 1),
  hidden: v.optional(list(integer(1, 65536), 64, "takes a list of widths"), [32]),
  activation: v.optional(choice(["tanh", "relu"]), "tanh"),
  /** Standard deviation of normal noise added to the targets. */
  noise: v.optional(real(0), 0),
  train: rows(1000),
  test: testRows(500),
});

/** Unit normal clouds about random points at distance `separation` from the origin, one a class. */
const gaussianMixture = v.strictObject({
  name: v.literal("gaussian-mixture"),
  inputs: v.optional(integer(1, 65536), 64),
  classes: v.optional(integer(2, 65536), 10),
  separation: v.optional(real(0), 4),
  train: rows(2000),
  test: testRows(1000),
});

/** Arms of a spiral in the plane, one a class, `turns` times round, radius 0 to 1. */
const spiral = v.strictObject({
  name: v.literal("spiral"),
  classes: v.optional(integer(2, 1000), 3),
  turns: v.optional(real(0, { max: 1000 }), 1),
  /** Standard deviation of normal noise added to both coordinates. */
  noise: v.optional(real(0), 0.05),
  train: rows(1000),
  test: testRows(500),
});

const normalization = () => v.optional(choice(["unit", "standard", "none"]), "standard");

/** The first so many images of the original files. */
const images = <const N extends string>(name: N) =>
  v.strictObject({
    name: v.literal(name),
    train: rows(2000),
    test: testRows(2000),
    /** `unit`: 0 to 1; `standard`: zero mean and unit variance over the training images in use; `none`: 0 to 255. */
    normalization: normalization(),
    /** Folder of the four files; left out: wherever they are found. */
    folder: v.optional(path()),
  });

const targetsOfFiles = {
  /** Whether targets are classes or numbers; left out: `labelsOf` says what is clear, and asks where it is not. */
  task: v.optional(choice(["classification", "regression"])),
  /** Number of classes; left out: those that occur. */
  classes: v.optional(integer(2, MOST_CLASSES)),
};

/** Images and labels in files of the MNIST family's format. */
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
  /** Training samples, from the first on; left out: all that are not test samples. */
  train: v.optional(integer(1, MAX_ROWS)),
  /** Test samples, after the training samples. */
  test: testRows(0),
};

/** Arrays in NumPy files: one `.npz` with two keys, or two `.npy`. */
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

/** Numbers in columns; one column is the target, all others are inputs. */
const csv = v.strictObject({
  name: v.literal("csv"),
  path: path(),
  /** The target's column: its name, or its number from 0; left out: the last. */
  target: v.optional(columnName()),
  /** Whether the first line names the columns; left out: it does, and is refused if it may be a sample. */
  header: v.optional(flag()),
  /** Between cells; a blank: any run of blanks and tabs; left out: a comma. */
  separator: v.optional(
    v.picklist([",", ";", "\t", " "], 'takes one of ",", ";", "\\t" (a tab), " " (blanks)'),
  ),
  /** Left out: a point. */
  decimal: v.optional(choice([".", ","])),
  /** Columns that are no inputs, such as an index: names or numbers from 0. */
  ignore: v.optional(list(columnName(), 65536, "takes a list of columns' names or numbers")),
  ...columnsOfTask,
});

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

/** Which data, with every default filled in. */
export type DataSpec = v.InferOutput<typeof dataSchema>;
export type DataSpecOf<N extends DataSpec["name"]> = Extract<DataSpec, { name: N }>;
