import { cosTurn, sinTurn } from "../../data/elementary.js";
import {
  type BySeverity,
  type Corruption,
  type Image,
  imageOf,
  nearestPixel,
  PIXELS,
  SIDE,
} from "./image.js";
import { halfGaussian, smoothed } from "./smooth.js";

const DEVIATION: BySeverity<number> = [0, 1, 1.5, 2, 3, 4];

/** Convolution with a Gaussian. MNIST-C (arXiv:1906.02337), with a standard deviation of 2 pixels by default. */
export const gaussianBlur: Corruption = {
  normals: 0,
  uniforms: 0,
  apply: (image, severity) => smoothed(image, DEVIATION[severity]),
};

interface Glass {
  readonly sigma: number;
  /** Largest distance of two pixels that change places, along a row and along a column. */
  readonly reach: number;
  readonly passes: number;
}

const GLASS: BySeverity<Glass> = [
  { sigma: 0, reach: 1, passes: 0 },
  { sigma: 0.4, reach: 1, passes: 1 },
  { sigma: 0.7, reach: 1, passes: 1 },
  { sigma: 0.7, reach: 1, passes: 2 },
  { sigma: 0.9, reach: 2, passes: 1 },
  { sigma: 1, reach: 2, passes: 3 },
];
const MOST_PASSES = 3;

/**
 * A Gaussian blur, passes in which every second pixel changes places with a neighbour, and the blur again. MNIST-C
 * (arXiv:1906.02337), with sigma 0.7, neighbours at most 1 pixel away and two passes by default.
 */
export const glassBlur: Corruption = {
  normals: 0,
  uniforms: MOST_PASSES * PIXELS,
  apply: (image, severity, { uniforms }) => {
    const { sigma, reach, passes } = GLASS[severity];
    const shuffled = smoothed(image, sigma);
    for (let pass = 0; pass < passes; pass++) {
      for (let row = SIDE - reach; row > reach; row--) {
        for (let column = SIDE - reach; column > reach; column--) {
          exchange(shuffled, row, column, reach, uniforms[pass * PIXELS + row * SIDE + column]);
        }
      }
    }
    return smoothed(shuffled, sigma);
  },
};

/**
 * With probability 1/2, swaps a pixel and a random one that is -reach to reach - 1 rows and columns away. One uniform
 * number decides whether, and which.
 */
function exchange(image: Image, row: number, column: number, reach: number, uniform: number): void {
  const choices = 2 * reach;
  const choice = Math.floor(2 * choices * choices * uniform);
  if (choice < choices * choices) return;
  const down = (Math.floor(choice / choices) % choices) - reach;
  const across = (choice % choices) - reach;
  const [one, other] = [row * SIDE + column, (row + down) * SIDE + column + across];
  [image[one], image[other]] = [image[other], image[one]];
}

interface Motion {
  readonly radius: number;
  readonly sigma: number;
}

const MOTION: BySeverity<Motion> = [
  { radius: 0, sigma: 0 },
  { radius: 4, sigma: 1 },
  { radius: 7, sigma: 2 },
  { radius: 10, sigma: 3 },
  { radius: 15, sigma: 5 },
  { radius: 15, sigma: 8 },
];

/**
 * Each pixel becomes the mean over a trail of `2 radius + 1` pixels that leads away from it, with the weights of half a
 * Gaussian. The trail's angle is uniform within 45 degrees of the rows. MNIST-C (arXiv:1906.02337), with radius 10 and
 * sigma 3 by default; it uses the motion blur of ImageMagick, whose published kernel this is.
 */
export const motionBlur: Corruption = {
  normals: 0,
  uniforms: 1,
  apply: (image, severity, { uniforms }) => {
    const { radius, sigma } = MOTION[severity];
    const kernel = halfGaussian(sigma, 2 * radius);
    const total = kernel.reduce((sum, weight) => sum + weight, 0);
    const turn = (uniforms[0] - 0.5) / 4;
    const place = (k: number, part: number) => Math.ceil(k * part - 0.5);
    const trail = kernel.map((weight, k) => ({
      weight: weight / total,
      down: place(k, sinTurn(turn)),
      across: place(k, cosTurn(turn)),
    }));
    return imageOf((row, column) =>
      trail.reduce(
        (sum, { weight, down, across }) =>
          sum + weight * nearestPixel(image, row + down, column + across),
        0,
      ),
    );
  },
};
