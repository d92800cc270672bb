import { InputError } from "../errors/errors.js";
import type { Dataset, Split, Task } from "./dataset.js";
import { readIdx } from "./idx.js";
import { labelsOf } from "./labels.js";

/** One file of a set of labelled images. */
export interface ImageFile {
  /** The file's bytes, which may be compressed with gzip. */
  readonly bytes: Uint8Array;
  /** What messages call the file. */
  readonly field: string;
}

/** The files of an image set. */
export interface ImageFiles {
  /** Training images. */
  readonly images: ImageFile;
  /** Training labels. */
  readonly labels: ImageFile;
  /** Test images. */
  readonly testImages?: ImageFile;
  /** Test labels. */
  readonly testLabels?: ImageFile;
}

export interface ImageOptions {
  readonly name: string;
  readonly task?: Task;
  /** Number of classes; by default `labelsOf` finds it from all labels in the files. */
  readonly classes?: number;
  /** Number of samples, from the first on; default all. */
  readonly train?: number;
  readonly test?: number;
  readonly normalization: "unit" | "standard" | "none";
}

/** Makes a data set from files of the MNIST family's format. Images stay bytes, and are views of the given bytes. */
export function imageDataset(files: ImageFiles, options: ImageOptions): Dataset {
  const train = readPair(files.images, files.labels, options.train, "data.train");
  let test: Pair | null = null;
  if (files.testImages && files.testLabels && options.test !== 0) {
    test = readPair(files.testImages, files.testLabels, options.test, "data.test");
    if (test.width !== train.width) {
      throw new InputError(
        files.testImages.field,
        `${files.testImages.field}: has ${test.width} pixels per image: expected ${train.width}, as in training`,
      );
    }
  }
  const classes = classesOf([train, ...(test ? [test] : [])], options);
  const split = ({ rows, inputs, labels }: Pair): Split => ({
    rows,
    inputs,
    targets: (classes === null ? Float32Array : Uint32Array).from(labels.subarray(0, rows)),
  });
  return {
    name: options.name,
    task: classes === null ? "regression" : "classification",
    inputs: train.width,
    outputs: classes ?? 1,
    ...affine(options.normalization, train.inputs),
    train: split(train),
    test: test && split(test),
  };
}

/** Images and their labels; the first `rows` are used. */
interface Pair {
  readonly rows: number;
  readonly width: number;
  readonly inputs: Uint8Array;
  /** The labels of all images in the file. */
  readonly labels: Uint8Array;
  readonly field: string;
}

function readPair(
  images: ImageFile,
  labels: ImageFile,
  wanted: number | undefined,
  what: string,
): Pair {
  const pixels = readIdx(images.bytes, 3, images.field);
  const { shape, values } = readIdx(labels.bytes, 1, labels.field);
  const available = pixels.shape[0];
  if (shape[0] !== available) {
    throw new InputError(
      labels.field,
      `${labels.field}: has ${shape[0]} labels: expected ${available}, as many as images`,
    );
  }
  const rows = wanted ?? available;
  if (rows > available) {
    throw new InputError(what, `${what} is ${rows}: ${images.field} holds ${available} images`);
  }
  const width = pixels.shape[1] * pixels.shape[2];
  const inputs = pixels.values.subarray(0, rows * width);
  return { rows, width, inputs, labels: values, field: labels.field };
}

/** Number of pixels whose squares surely add up to an integer of 31 bits. */
const BLOCK = 2 ** 15;

/** The number of classes, or null for regression. */
function classesOf(pairs: readonly Pair[], { task, classes }: ImageOptions): number | null {
  if (classes === undefined || task === "regression") {
    const values = Uint8Array.from(pairs.flatMap(({ labels }) => [...labels]));
    return labelsOf({ values, rows: values.length, floats: false, task, classes })?.classes ?? null;
  }
  for (const { labels, rows, field } of pairs) {
    const label = labels.subarray(0, rows).find((value) => value >= classes);
    if (label !== undefined)
      throw new InputError(field, `${field}: has a label ${label}: expected 0 to ${classes - 1}`);
  }
  return classes;
}

function affine(
  normalization: ImageOptions["normalization"],
  pixels: Uint8Array,
): { scale: number; shift: number } {
  if (normalization === "none") return { scale: 1, shift: 0 };
  if (normalization === "unit") return { scale: 1 / 255, shift: 0 };
  let sum = 0;
  let squares = 0;
  // The sums of a block are integers of 31 bits, which a processor adds four times as fast as floats.
  for (let start = 0; start < pixels.length; start += BLOCK) {
    const end = Math.min(start + BLOCK, pixels.length);
    let blockSum = 0;
    let blockSquares = 0;
    for (let i = start; i < end; i++) {
      const pixel = pixels[i];
      blockSum = (blockSum + pixel) | 0;
      blockSquares = (blockSquares + pixel * pixel) | 0;
    }
    sum += blockSum;
    squares += blockSquares;
  }
  const mean = sum / pixels.length;
  const deviation = Math.sqrt(squares / pixels.length - mean * mean) || 1;
  return { scale: 1 / deviation, shift: -mean / deviation };
}
