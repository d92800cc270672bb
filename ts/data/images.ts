import { InputError } from "../errors/errors.js";
import type { Dataset, Split } from "./dataset.js";
import { readIdx } from "./idx.js";

/** The files of a set of labelled images, as bytes; `field` names each in messages. */
export interface ImageFile {
  readonly bytes: Uint8Array;
  readonly field: string;
}

export interface ImageFiles {
  readonly images: ImageFile;
  readonly labels: ImageFile;
  readonly testImages?: ImageFile;
  readonly testLabels?: ImageFile;
}

export interface ImageOptions {
  readonly name: string;
  /** Number of classes; left out: one more than the largest label. */
  readonly classes?: number;
  /** Samples to take, from the first on; left out: all. */
  readonly train?: number;
  readonly test?: number;
  readonly normalization: "unit" | "standard" | "none";
}

/** A data set from files of the MNIST family's format. Images stay bytes, and views of what was read. */
export function imageDataset(files: ImageFiles, options: ImageOptions): Dataset {
  const train = split(files.images, files.labels, options.train, "data.train");
  const width = train.inputs.length / train.rows;
  let test: Split | null = null;
  if (files.testImages && files.testLabels && options.test !== 0) {
    test = split(files.testImages, files.testLabels, options.test, "data.test");
    if (test.inputs.length / test.rows !== width) {
      throw new InputError(
        files.testImages.field,
        `${files.testImages.field}: has ${test.inputs.length / test.rows} pixels an image: expected ${width}, as in training`,
      );
    }
  }
  const classes =
    options.classes ?? 1 + Math.max(1, largest(train.targets), test ? largest(test.targets) : 0);
  for (const [part, file] of [
    [train, files.labels],
    [test, files.testLabels],
  ] as const) {
    const label = part ? largest(part.targets) : 0;
    if (file && label >= classes) {
      throw new InputError(
        file.field,
        `${file.field}: has a label ${label}: expected 0 to ${classes - 1}`,
      );
    }
  }
  return {
    name: options.name,
    task: "classification",
    inputs: width,
    outputs: classes,
    ...affine(options.normalization, train.inputs),
    train,
    test,
  };
}

function split(
  images: ImageFile,
  labels: ImageFile,
  wanted: number | undefined,
  what: string,
): Split {
  const pixels = readIdx(images.bytes, 3, images.field);
  const classes = readIdx(labels.bytes, 1, labels.field);
  const available = pixels.shape[0];
  if (classes.shape[0] !== available) {
    throw new InputError(
      labels.field,
      `${labels.field}: has ${classes.shape[0]} labels: expected ${available}, as many as images`,
    );
  }
  const rows = wanted ?? available;
  if (rows > available) {
    throw new InputError(what, `${what} is ${rows}: ${images.field} holds ${available} images`);
  }
  const width = pixels.shape[1] * pixels.shape[2];
  return {
    rows,
    inputs: pixels.values.subarray(0, rows * width),
    targets: Uint32Array.from(classes.values.subarray(0, rows)),
  };
}

function affine(
  normalization: ImageOptions["normalization"],
  pixels: Split["inputs"],
): { scale: number; shift: number } {
  if (normalization === "none") return { scale: 1, shift: 0 };
  if (normalization === "unit") return { scale: 1 / 255, shift: 0 };
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < pixels.length; i++) {
    sum += pixels[i];
    squares += pixels[i] * pixels[i];
  }
  const mean = sum / pixels.length;
  const deviation = Math.sqrt(squares / pixels.length - mean * mean) || 1;
  return { scale: 1 / deviation, shift: -mean / deviation };
}

function largest(values: ArrayLike<number>): number {
  let max = 0;
  for (let i = 0; i < values.length; i++) if (values[i] > max) max = values[i];
  return max;
}
