import { InputError, shown } from "../../errors/errors.js";
import type { Streams } from "../../random/streams.js";
import { CORRUPTION_NAMES, CORRUPTIONS, type CorruptionName, MOST_SEVERE } from "./corruptions.js";
import { type Corruption, PIXELS } from "./image.js";

/** Images whose random numbers are in memory at a time. */
const BATCH = 64;

/**
 * Corrupts grey images of 28 x 28 pixels. The random numbers of image i are a function of the streams' seed, the
 * corruption and `first + i` alone: every host, every network and every severity sees the same ones.
 * @param images `[images, 784]`, row by row, each number from 0 to 1.
 * @param severity an integer from 0, which changes nothing, to 5; 3 is the usual default.
 * @param first number of the first image.
 * @returns the corrupted images, each number from 0 to 1; the given ones stay as they are.
 * @throws InputError that names what is wrong.
 */
export function corrupt(
  images: Float32Array,
  name: CorruptionName,
  severity: number,
  streams: Streams,
  first = 0,
): Float32Array {
  checkCorruption(name, severity);
  checkImages(images);
  const corruption: Corruption = CORRUPTIONS[name];
  const stream = CORRUPTION_NAMES.indexOf(name);
  const count = images.length / PIXELS;
  const out = new Float32Array(images.length);
  for (let done = 0; done < count; done += BATCH) {
    const rows = Math.min(BATCH, count - done);
    const draws = drawsOf(corruption, stream, streams, first + done, rows);
    for (let i = 0; i < rows; i++) {
      const at = (done + i) * PIXELS;
      const image = Float64Array.from(images.subarray(at, at + PIXELS));
      const corrupted = corruption.apply(image, severity, draws(i));
      for (let k = 0; k < PIXELS; k++) out[at + k] = Math.min(Math.max(corrupted[k], 0), 1);
    }
  }
  return out;
}

/** The random numbers of some images. */
function drawsOf(
  { normals, uniforms }: Corruption,
  stream: number,
  streams: Streams,
  first: number,
  rows: number,
) {
  const normal = streams.draw("corruption", stream, "normal", 0, rows, normals, first);
  // Epoch 1, so that no uniform number is made of the same words as a normal one.
  const words = streams.words("corruption", stream, 1, rows, uniforms, first);
  return (i: number) => ({
    normals: normal.subarray(i * normals, (i + 1) * normals),
    uniforms: Float64Array.from(
      words.subarray(i * uniforms, (i + 1) * uniforms),
      (word) => word / 2 ** 32,
    ),
  });
}

/** @throws InputError unless there is such a corruption and such a severity. */
export function checkCorruption(name: string, severity: number): void {
  if (!Object.hasOwn(CORRUPTIONS, name)) {
    throw new InputError(
      "corruption",
      `corruption is ${shown(name)}: takes one of ${CORRUPTION_NAMES.join(", ")}`,
    );
  }
  if (!Number.isInteger(severity) || severity < 0 || severity > MOST_SEVERE) {
    throw new InputError(
      "severity",
      `severity is ${shown(severity)}: takes an integer from 0 to ${MOST_SEVERE}`,
    );
  }
}

/** @throws InputError unless these are images of 28 x 28 numbers from 0 to 1. */
export function checkImages(images: Float32Array): void {
  if (images.length % PIXELS !== 0) {
    throw new InputError(
      "images",
      `images has ${images.length} numbers: takes a multiple of ${PIXELS}, for images of 28 x 28 pixels`,
    );
  }
  const at = images.findIndex((value) => !(value >= 0 && value <= 1));
  if (at >= 0) {
    throw new InputError(
      "images",
      `images holds ${images[at]} at index ${at}: takes numbers from 0 to 1`,
    );
  }
}
