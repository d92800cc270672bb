import { exp } from "../../data/elementary.js";
import { type Image, PIXELS, SIDE } from "./image.js";

/** Standard deviations after which a Gaussian kernel ends, as in scipy.ndimage and scikit-image. */
const TRUNCATE = 4;

/**
 * The image convolved with a Gaussian of standard deviation `sigma`, in pixels. Beyond the border it repeats the nearest
 * pixels.
 */
export function smoothed(image: Image, sigma: number): Image {
  const kernel = gaussian(sigma);
  return smoothedLines(smoothedLines(image, kernel, SIDE, 1), kernel, 1, SIDE);
}

/** Smooths each line of pixels. Pixels of a line are `step` apart, lines begin `between` apart. */
function smoothedLines(
  image: Image,
  kernel: readonly number[],
  step: number,
  between: number,
): Image {
  const radius = kernel.length - 1;
  const out = new Float64Array(PIXELS);
  const line = new Float64Array(SIDE + 2 * radius);
  for (let first = 0; first < SIDE * between; first += between) {
    for (let i = 0; i < line.length; i++) {
      line[i] = image[first + step * Math.min(Math.max(i - radius, 0), SIDE - 1)];
    }
    for (let i = 0; i < SIDE; i++) {
      const middle = i + radius;
      let sum = kernel[0] * line[middle];
      for (let k = 1; k <= radius; k++) sum += kernel[k] * (line[middle - k] + line[middle + k]);
      out[first + step * i] = sum;
    }
  }
  return out;
}

/** The middle of a normalised Gaussian kernel and its right half; with `sigma` 0, the middle alone. */
function gaussian(sigma: number): number[] {
  const weights = halfGaussian(sigma, Math.floor(TRUNCATE * sigma + 0.5));
  const total = 2 * weights.reduce((sum, weight) => sum + weight, 0) - weights[0];
  return weights.map((weight) => weight / total);
}

/** `exp(-k^2 / (2 sigma^2))` for k from 0 to `radius`. */
export function halfGaussian(sigma: number, radius: number): number[] {
  const weights = [1];
  for (let k = 1; k <= radius; k++) weights.push(exp(-(k * k) / (2 * sigma * sigma)));
  return weights;
}
