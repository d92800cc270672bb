import type { Kernels } from "../kernels/kernels.js";
import { kernelsNow } from "../kernels/kernelsNow.js";
import { Streams } from "../random/streams.js";
import { corrupt } from "./corruptions/corrupt.js";
import type { CorruptionName } from "./corruptions/corruptions.js";

/** The random numbers of a corruption. */
export interface CorruptOptions {
  /** Their seed: 0 if left out. */
  readonly seed?: number;
  /** Number of the first image, for images that are corrupted in parts: 0 if left out. */
  readonly first?: number;
  /** Kernels that are already loaded; needed where large modules are compiled only in the background. */
  readonly kernels?: Kernels;
}

/**
 * Corrupts grey images of 28 x 28 pixels as `robustness` does. The result has the same bits on every host, and does not
 * depend on which other images are corrupted with it.
 * @param images `[images, 784]`, row by row, each number from 0 to 1.
 * @param severity an integer from 0, which changes nothing, to 5; 3 is the usual default.
 * @returns the corrupted images, each number from 0 to 1.
 * @throws InputError that names what is wrong.
 */
export function corruptImages(
  images: Float32Array,
  name: CorruptionName,
  severity: number,
  { seed = 0, first = 0, kernels = kernelsNow() }: CorruptOptions = {},
): Float32Array {
  return corrupt(images, name, severity, new Streams(kernels, seed), first);
}
