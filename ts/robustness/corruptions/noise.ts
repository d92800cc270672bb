import { exp } from "../../data/elementary.js";
import { type BySeverity, type Corruption, PIXELS } from "./image.js";

// MNIST-C: N. Mu, J. Gilmer, "MNIST-C: A Robustness Benchmark for Computer Vision", arXiv:1906.02337, and its published
// program, whose default value of each corruption stands at severity 3 here.

const DEVIATION: BySeverity<number> = [0, 0.18, 0.26, 0.38, 0.5, 0.65];

/** `x + sigma n` with standard normal n. MNIST-C, with sigma 0.38 by default. */
export const gaussianNoise: Corruption = {
  normals: PIXELS,
  uniforms: 0,
  apply: (image, severity, { normals }) =>
    image.map((value, i) => value + DEVIATION[severity] * normals[i]),
};

const PHOTONS: BySeverity<number> = [Number.POSITIVE_INFINITY, 12, 5, 3, 2, 1];

/** `Poisson(c x) / c`: a white pixel counts c photons on average. MNIST-C, with c = 3 by default. */
export const shotNoise: Corruption = {
  normals: 0,
  uniforms: PIXELS,
  apply: (image, severity, { uniforms }) => {
    const photons = PHOTONS[severity];
    if (photons === Number.POSITIVE_INFINITY) return image.slice();
    return image.map((value, i) => poisson(photons * value, uniforms[i]) / photons);
  },
};

/** The smallest count whose cumulative probability is above `uniform`. */
function poisson(mean: number, uniform: number): number {
  let probability = exp(-mean);
  let below = probability;
  let count = 0;
  // The sum may stay a rounding below 1, and then never exceed a uniform number next to 1.
  while (uniform >= below && probability > 0) {
    count++;
    probability *= mean / count;
    below += probability;
  }
  return count;
}

const REPLACED: BySeverity<number> = [0, 0.06, 0.09, 0.17, 0.27, 0.4];

/** Part of the pixels become black or white, with equal probability ("salt and pepper"). MNIST-C, 0.17 by default. */
export const impulseNoise: Corruption = {
  normals: 0,
  uniforms: PIXELS,
  apply: (image, severity, { uniforms }) => {
    const each = REPLACED[severity] / 2;
    return image.map((value, i) => {
      if (uniforms[i] < each) return 0;
      return uniforms[i] >= 1 - each ? 1 : value;
    });
  },
};

const WIDTH: BySeverity<number> = [0, 0.2, 0.35, 0.6, 0.9, 1.2];

/**
 * `x + w u` with u uniform on [-1, 1). The widths are the strongest of R. Geirhos et al., "Generalisation in humans and
 * deep neural networks", arXiv:1808.08750, and the next; 0.6 is the one whose deviation is nearest to the Gaussian noise's.
 */
export const uniformNoise: Corruption = {
  normals: 0,
  uniforms: PIXELS,
  apply: (image, severity, { uniforms }) =>
    image.map((value, i) => value + WIDTH[severity] * (2 * uniforms[i] - 1)),
};
