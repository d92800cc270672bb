/** The kind of a sample's target: one of several classes, or a vector of numbers. */
export type Task = "classification" | "regression";

/** The training samples or the test samples of a data set. */
export interface Split {
  /** Number of samples. */
  readonly rows: number;
  /** `[rows, inputs]`, row-major. Bytes are stored as bytes, and converted when a batch is gathered. */
  readonly inputs: Uint8Array | Float32Array | Float64Array;
  /** `[rows]` class indices for classification, `[rows, outputs]` row-major for regression. */
  readonly targets: Uint32Array | Float32Array | Float64Array;
}

/** How a data set is interpreted. */
export interface DataSummary {
  /** Name for people. */
  readonly name: string;
  /** Whether targets are classes or numbers. */
  readonly task: Task;
  /** Number of classes; null for regression. */
  readonly classes: number | null;
  /** Numbers per sample. */
  readonly inputs: number;
  /** Number of classes, or numbers per target. */
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
  /** Whether targets are classes or numbers. */
  readonly task: Task;
  /** Numbers per sample. */
  readonly inputs: number;
  /** Number of classes, or numbers per target. */
  readonly outputs: number;
  /** A network sees `scale * stored + shift`; for float inputs usually 1 and 0. */
  readonly scale: number;
  /** See `scale`. */
  readonly shift: number;
  /** Training samples. */
  readonly train: Split;
  /** Test samples; null if the data has none. */
  readonly test: Split | null;
}

/** Whether inputs are bytes. It compares the type's name, because `instanceof` fails for arrays of another realm. */
export function areBytes(inputs: Split["inputs"]): inputs is Uint8Array {
  return inputs[Symbol.toStringTag] === "Uint8Array";
}

/** Number of stored numbers per target. */
export function targetLength({ task, outputs }: Pick<Dataset, "task" | "outputs">): number {
  return task === "classification" ? 1 : outputs;
}

/** What a result records about its data. */
export interface DatasetRecord extends DataSummary {
  /** SHA-256 of the data's contents; null if they were generated from the experiment's `data` and `seed`. */
  readonly sha256: string | null;
}

export function recordOf(dataset: Dataset, sha256: string | null): DatasetRecord {
  return { ...dataSummary(dataset), sha256 };
}
