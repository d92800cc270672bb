import { areBytes, type Dataset, type Split } from "../data/dataset.js";
import { InputError, shown } from "../errors/errors.js";
import { PIXELS } from "./corruptions/image.js";

/** Labelled images. */
export interface LabelledImages {
  /** `[samples, 784]`, numbers from 0 to 1. */
  readonly images: Float32Array;
  /** `[samples]`. */
  readonly labels: Uint32Array;
}

/** What a stored byte is divided by. */
const WHITE = 255;

/** The factor from a pixel, from 0 to 1, to the number that a data set stores. */
export function storedPerPixel({ train }: Pick<Dataset, "train">): number {
  return areBytes(train.inputs) ? WHITE : 1;
}

/**
 * The first samples of a split as images. Bytes are divided by 255; other numbers must be from 0 to 1 already.
 * @param field the name of the data in messages.
 * @throws InputError if the samples are not images of 28 x 28 pixels with classes, or there are too few.
 */
export function labelledImages(
  { name, task, inputs }: Pick<Dataset, "name" | "task" | "inputs">,
  split: Split | null,
  samples: number,
  field: string,
): LabelledImages {
  const fail = (why: string) => new InputError(field, `${field}: ${name} ${why}`);
  if (task !== "classification") throw fail("has numbers for targets: takes classes");
  if (inputs !== PIXELS) {
    throw fail(`has ${inputs} inputs: takes grey images of 28 x 28 pixels, 784 inputs`);
  }
  if (split === null) throw fail("has no test samples: takes some");
  if (!Number.isInteger(samples) || samples < 1 || samples > split.rows) {
    throw new InputError(
      "samples",
      `samples is ${shown(samples)}: takes an integer from 1 to the ${split.rows} samples of ${name}`,
    );
  }
  const stored = split.inputs.subarray(0, samples * PIXELS);
  const images = Float32Array.from(stored);
  if (areBytes(stored)) for (let i = 0; i < images.length; i++) images[i] /= WHITE;
  const at = images.findIndex((value) => !(value >= 0 && value <= 1));
  if (at >= 0) {
    throw fail(
      `holds ${images[at]} in sample ${Math.floor(at / PIXELS)}: takes bytes, or numbers from 0 to 1`,
    );
  }
  return { images, labels: Uint32Array.from(split.targets.subarray(0, samples)) };
}
