/** What a sample's target is: one of several classes, or a vector of numbers. */
export type Task = "classification" | "regression";

/** The samples of one half (training or test) of a data set. */
export interface Split {
  /** Number of samples. */
  readonly rows: number;
  /** `[rows, inputs]`, row-major. Bytes stay bytes: they are widened when a batch is gathered. */
  readonly inputs: Uint8Array | Float32Array | Float64Array;
  /** `[rows]` class indices for classification, `[rows, outputs]` row-major for regression. */
  readonly targets: Uint32Array | Float32Array | Float64Array;
}

/** What a data set is taken for. */
export interface DataSummary {
  /** Name for people. */
  readonly name: string;
  /** Classes or numbers. */
  readonly task: Task;
  /** Null for regression. */
  readonly classes: number | null;
  /** Numbers a sample. */
  readonly inputs: number;
  /** Number of classes, or numbers a target. */
  readonly outputs: number;
  /** Training samples. */
  readonly rows: number;
  /** Test samples. */
  readonly testRows: number;
}

export function dataSummary({ name, task, inputs, outputs, train, test }: Dataset): DataSummary {
  const classes = task === "classification" ? outputs : null;
  return { name, task, classes, inputs, outputs, rows: train.rows, testRows: test?.rows ?? 0 };
}

/** Data that a network can be trained on. */
export interface Dataset {
  /** Name for people; no number depends on it. */
  readonly name: string;
  /** Classes or numbers. */
  readonly task: Task;
  /** Numbers a sample. */
  readonly inputs: number;
  /** Number of classes, or numbers a target. */
  readonly outputs: number;
  /** A network sees `scale * stored + shift`; for float inputs usually 1 and 0. */
  readonly scale: number;
  /** See `scale`. */
  readonly shift: number;
  /** Training samples. */
  readonly train: Split;
  /** Null when the data has no held-out samples. */
  readonly test: Split | null;
}

/** Whether inputs are bytes. A realm's own `Uint8Array` is not another realm's, so it asks for the name. */
export function areBytes(inputs: Split["inputs"]): inputs is Uint8Array {
  return inputs[Symbol.toStringTag] === "Uint8Array";
}

/** Numbers that each target is stored as. */
export function targetLength({ task, outputs }: Pick<Dataset, "task" | "outputs">): number {
  return task === "classification" ? 1 : outputs;
}

/** What a result says about the data that it was made from. */
export interface DatasetRecord extends DataSummary {
  /** SHA-256 of its contents; null: generated from the experiment's `data` and `seed`. */
  readonly sha256: string | null;
}

export function recordOf(dataset: Dataset, sha256: string | null): DatasetRecord {
  return { ...dataSummary(dataset), sha256 };
}
