import { describe, expect, test } from "vitest";
import { normalCdf, normalDensity } from "../../ts/backend/erf.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import { Streams } from "../../ts/random/streams.js";
import { corrupt } from "../../ts/robustness/corruptions/corrupt.js";
import type { CorruptionName } from "../../ts/robustness/corruptions/corruptions.js";
import { PIXELS, SIDE } from "../../ts/robustness/corruptions/image.js";

const IMAGES = 1000;
const streams = new Streams(await loadKernels(), 2024);

/** Images of one grey, corrupted. */
function greys(
  name: CorruptionName,
  severity: number,
  grey: number,
  images = IMAGES,
): Float32Array {
  return corrupt(new Float32Array(images * PIXELS).fill(grey), name, severity, streams);
}

function moments(values: ArrayLike<number>): { mean: number; variance: number } {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    sum += values[i];
    squares += values[i] * values[i];
  }
  const mean = sum / values.length;
  return { mean, variance: squares / values.length - mean * mean };
}

/** Five standard errors of a mean, and of a variance of numbers from 0 to 1, over all pixels. */
function near(found: Float32Array, mean: number, variance: number): void {
  const is = moments(found);
  const error = 5 * Math.sqrt(variance / found.length);
  expect(Math.abs(is.mean - mean)).toBeLessThan(error);
  expect(Math.abs(is.variance - variance)).toBeLessThan((5 * 0.25) / Math.sqrt(found.length));
}

describe("mean and variance over 1,000 images are those of the definition", () => {
  test.each([1, 5])("Gaussian noise on 0.4, clipped, at severity %d", (severity) => {
    const sigma = [0.18, 0.38, 0.65][(severity - 1) / 2];
    const [low, high] = [-0.4 / sigma, 0.6 / sigma];
    const inner = normalCdf(high) - normalCdf(low);
    const [first, second] = [
      normalDensity(low) - normalDensity(high),
      inner + low * normalDensity(low) - high * normalDensity(high),
    ];
    const white = 1 - normalCdf(high);
    const mean = 0.4 * inner + sigma * first + white;
    const square = 0.16 * inner + 0.8 * sigma * first + sigma * sigma * second + white;
    near(greys("gaussian-noise", severity, 0.4), mean, square - mean * mean);
  });

  test.each([3, 5])("shot noise on 0.4, clipped, at severity %d", (severity) => {
    const photons = [12, 3, 1][(severity - 1) / 2];
    let [probability, mean, square] = [Math.exp(-0.4 * photons), 0, 0];
    for (let count = 0; count < 60; count++) {
      const value = Math.min(1, count / photons);
      mean += probability * value;
      square += probability * value * value;
      probability *= (0.4 * photons) / (count + 1);
    }
    near(greys("shot-noise", severity, 0.4), mean, square - mean * mean);
  });

  test("uniform noise on 0.4, clipped, at severity 3", () => {
    // Uniform on -0.2 to 1: a sixth of it is black.
    const [mean, square] = [1 / 2.4, 1 / 3.6];
    near(greys("uniform-noise", 3, 0.4), mean, square - mean * mean);
  });

  test("impulse noise replaces 17 % of the pixels at severity 3", () => {
    const found = greys("impulse-noise", 3, 0.4);
    const error = 5 * Math.sqrt((0.085 * 0.915) / found.length);
    for (const grey of [0, 1]) {
      const part = found.filter((value) => value === grey).length / found.length;
      expect(Math.abs(part - 0.085)).toBeLessThan(error);
    }
  });
});

describe("of 1,000 images", () => {
  const error = 5 * Math.sqrt(0.25 / IMAGES);
  /** The part of the images of which this holds. */
  const part = (images: Float32Array, holds: (image: Float32Array) => boolean) => {
    let count = 0;
    for (let i = 0; i < IMAGES; i++) {
      if (holds(images.subarray(i * PIXELS, (i + 1) * PIXELS))) count++;
    }
    return count / IMAGES;
  };
  const at = (row: number, column: number) => row * SIDE + column;
  const dots = (...places: number[]) => {
    const images = new Float32Array(IMAGES * PIXELS);
    for (let i = 0; i < IMAGES; i++) for (const place of places) images[i * PIXELS + place] = 1;
    return images;
  };

  test("half move left, half up, independently", () => {
    const moved = corrupt(dots(at(14, 14)), "translation", 3, streams);
    for (const [row, column] of [
      [11, 11],
      [11, 17],
      [17, 11],
      [17, 17],
    ]) {
      const found = part(moved, (image) => image[at(row, column)] === 1);
      expect(Math.abs(found - 0.25)).toBeLessThan(error);
    }
  });

  test.each(["rotation", "shear"] as const)("half have a %s to either side", (name) => {
    const turned = corrupt(dots(at(4, 13), at(4, 14)), name, 3, streams);
    const left = part(turned, (image) => {
      let sum = 0;
      for (let row = 0; row < SIDE; row++) {
        for (let column = 0; column < SIDE / 2; column++) sum += image[at(row, column)];
      }
      return sum > 0.5;
    });
    expect(Math.abs(left - 0.5)).toBeLessThan(error);
  });

  test("fog goes from none to the most in each, and its mean is the middle", () => {
    const found = corrupt(dots(at(0, 0)), "fog", 3, streams);
    const foggy = greys("fog", 3, 1);
    // A white image in fog f is (1 + 3 f) / 4.
    const { mean } = moments(foggy);
    expect(Math.abs((4 * mean - 1) / 3 - 0.5)).toBeLessThan(0.01);
    expect(part(foggy, (image) => image.some((value) => value > 0.9))).toBeGreaterThan(0.9);
    expect(part(found, (image) => image.some((value) => value < 0.1))).toBeGreaterThan(0.9);
  });

  test("motion blurs keep the light of a spot that they do not move out of the image", () => {
    const blurred = corrupt(dots(at(14, 24)), "motion-blur", 3, streams);
    expect(part(blurred, (image) => Math.abs(moments(image).mean * PIXELS - 1) < 1e-5)).toBe(1);
    const up = part(blurred, (image) => image.subarray(0, at(14, 0)).some((value) => value > 0));
    const down = part(blurred, (image) => image.subarray(at(15, 0)).some((value) => value > 0));
    expect(Math.abs(up - down)).toBeLessThan(2 * error);
  });

  test("lines begin at every row of the border alike", () => {
    const drawn = corrupt(dots(), "dotted-line", 1, streams);
    const counts = new Float64Array(SIDE);
    part(drawn, (image) => {
      // Column 2 is the first with light; its brightest row is within a row of where the line begins.
      const column = Array.from({ length: SIDE }, (_, row) => image[at(row, 2)]);
      counts[column.indexOf(Math.max(...column))]++;
      return true;
    });
    const thirds = [0, 9, 18].map((first) =>
      counts.slice(first, first + 9).reduce((a, b) => a + b),
    );
    for (const third of thirds) expect(Math.abs(third / IMAGES - 1 / 3)).toBeLessThan(error);
  });

  test("mud covers more at each severity", () => {
    const covered = [1, 2, 3, 4, 5].map((severity) => {
      const muddy = greys("spatter", severity, 1, 100);
      return muddy.filter((value) => value < 1).length / muddy.length;
    });
    expect(covered[0]).toBeGreaterThan(0.005);
    expect(covered[4]).toBeLessThan(0.7);
    for (let i = 1; i < covered.length; i++) expect(covered[i]).toBeGreaterThan(covered[i - 1]);
  });
});
