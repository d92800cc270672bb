/** How bytes of image files become inputs. */
export type Normalization = "unit" | "standard" | "none";

/** The data of the linear model: `x ~ N(0, scale^2)`, `y = slope . x` (arXiv:2210.13599, section 3). */
export interface LinearRegressionSpec {
  /** Selects these data. */
  name: "linear-regression";
  /** Numbers per sample: 1 if left out. */
  inputs: number;
  /** One number for every input, or a list of `inputs` numbers: 1 if left out. */
  slope: number | number[];
  /** Standard deviation of an input: 1 if left out. */
  scale: number;
  /** Training samples: 200 if left out. */
  train: number;
  /** Test samples: 0 if left out. */
  test: number;
}

/**
 * Standard normal inputs; targets from a random MLP with LeCun weights. With relu, the weights are scaled so that
 * layers keep unit variance.
 */
export interface TeacherSpec {
  /** Selects these data. */
  name: "teacher";
  /** Numbers per sample: 16 if left out. */
  inputs: number;
  /** Numbers per target: 1 if left out. */
  outputs: number;
  /** Hidden widths of the MLP: `[32]` if left out. */
  hidden: number[];
  /** Activation of its hidden layers: `tanh` if left out. */
  activation: "tanh" | "relu";
  /** Standard deviation of normal noise added to the targets: 0 if left out. */
  noise: number;
  /** Training samples: 1000 if left out. */
  train: number;
  /** Test samples: 500 if left out. */
  test: number;
}

/** Normal clouds of unit variance, one per class, around random points at distance `separation` from the origin. */
export interface GaussianMixtureSpec {
  /** Selects these data. */
  name: "gaussian-mixture";
  /** Numbers per sample: 64 if left out. */
  inputs: number;
  /** Number of classes: 10 if left out. */
  classes: number;
  /** Distance of each class's centre from the origin, in standard deviations of a cloud: 4 if left out. */
  separation: number;
  /** Training samples: 2000 if left out. */
  train: number;
  /** Test samples: 1000 if left out. */
  test: number;
}

/** A spiral in the plane with one arm per class; the radius goes from 0 to 1. */
export interface SpiralSpec {
  /** Selects these data. */
  name: "spiral";
  /** Number of arms: 3 if left out. */
  classes: number;
  /** Turns of an arm: 1 if left out. */
  turns: number;
  /** Standard deviation of normal noise added to both coordinates: 0.05 if left out. */
  noise: number;
  /** Training samples: 1000 if left out. */
  train: number;
  /** Test samples: 500 if left out. */
  test: number;
}

/**
 * A named image set: the first images of its original four files, with 784 numbers and one of ten classes per sample.
 */
export interface ImagesSpec<Name extends "fashion-mnist" | "mnist"> {
  /** Selects these data. */
  name: Name;
  /** Training samples: 2000 if left out. */
  train: number;
  /** Test samples: 2000 if left out. */
  test: number;
  /**
   * `unit`: 0 to 1; `standard` (the default): zero mean and unit variance over the training images in use; `none`: 0 to
   * 255.
   */
  normalization: Normalization;
  /** Folder of the four files; if left out, the usual folders are searched. */
  folder?: string;
}

/** How the targets of files are interpreted. */
export interface TargetsSpec {
  /**
   * Whether targets are classes or numbers. If left out, integers are classes if they are 0 to K - 1 and each occurs;
   * targets with fractions, and rows of several numbers, are numbers; anything else is refused.
   */
  task?: "classification" | "regression";
  /** Number of classes; if left out, the number of those that occur. */
  classes?: number;
}

/** Images and labels in files of the MNIST family's format (IDX). */
export interface IdxSpec extends TargetsSpec {
  /** Selects these data. */
  name: "idx";
  /** Path of the training images. */
  images: string;
  /** Path of the training labels. */
  labels: string;
  /** Path of the test images. */
  testImages?: string;
  /** Path of the test labels. */
  testLabels?: string;
  /** Training samples, from the first on; all if left out. */
  train?: number;
  /** Test samples, from the first on; all if left out. */
  test?: number;
  /** As for the named image sets: `standard` if left out. */
  normalization: Normalization;
}

/** Which samples of a file with columns are used. */
export interface ColumnsSpec extends TargetsSpec {
  /** Training samples, from the first on; all that are not test samples if left out. */
  train?: number;
  /** Test samples, which follow the training samples: 0 if left out. */
  test: number;
}

/** Two arrays in one NumPy file `.npz`: inputs `[samples, ...]`, targets `[samples]` or `[samples, outputs]`. */
export interface NpzSpec extends ColumnsSpec {
  /** Selects these data. */
  name: "npz";
  /** Path of the file. */
  path: string;
  /** Name of the array of inputs: `X` if left out. */
  inputs: string;
  /** Name of the array of targets: `y` if left out. */
  targets: string;
}

/** Two NumPy files `.npy`: inputs `[samples, ...]`, targets `[samples]` or `[samples, outputs]`. */
export interface NpySpec extends ColumnsSpec {
  /** Selects these data. */
  name: "npy";
  /** Path of the inputs. */
  inputs: string;
  /** Path of the targets. */
  targets: string;
}

/** A table of numbers as text. One column is the target, all others are inputs. */
export interface CsvSpec extends ColumnsSpec {
  /** Selects these data. */
  name: "csv";
  /** Path of the file. */
  path: string;
  /** The target's column, by its name or by its number counted from 0; the last if left out. */
  target?: string | number;
  /** Whether the first line holds the columns' names. If left out, it does, and is refused if it may be a sample. */
  header?: boolean;
  /** The separator of cells; a blank stands for any sequence of blanks and tabs. A comma if left out. */
  separator?: "," | ";" | "\t" | " ";
  /** The decimal separator; a point if left out. */
  decimal?: "." | ",";
  /** Columns that are not inputs, such as an index, by name or by number counted from 0. */
  ignore?: (string | number)[];
}

/** The data of an experiment, with every default filled in. */
export type DataSpec =
  | LinearRegressionSpec
  | TeacherSpec
  | GaussianMixtureSpec
  | SpiralSpec
  | ImagesSpec<"fashion-mnist">
  | ImagesSpec<"mnist">
  | IdxSpec
  | NpzSpec
  | NpySpec
  | CsvSpec;

/** The data of an experiment as a user writes them: everything with a default may be left out. */
export type DataInput =
  | Given<LinearRegressionSpec, "name">
  | Given<TeacherSpec, "name">
  | Given<GaussianMixtureSpec, "name">
  | Given<SpiralSpec, "name">
  | Given<ImagesSpec<"fashion-mnist">, "name">
  | Given<ImagesSpec<"mnist">, "name">
  | Given<IdxSpec, "name" | "images" | "labels">
  | Given<NpzSpec, "name" | "path">
  | Given<NpySpec, "name" | "inputs" | "targets">
  | Given<CsvSpec, "name" | "path">;

/** `T`, in which only the fields `K` are required. */
export type Given<T, K extends keyof T> = Flat<Pick<T, K> & Partial<Omit<T, K>>>;

/** An intersection as one object type. */
type Flat<T> = { [P in keyof T]: T[P] };

/** The specification of the data named `N`. */
export type DataSpecOf<N extends DataSpec["name"]> = Extract<DataSpec, { name: N }>;
