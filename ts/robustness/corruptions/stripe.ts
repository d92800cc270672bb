import { type BySeverity, type Corruption, imageOf, SIDE } from "./image.js";

const WIDTH: BySeverity<number> = [0, 2, 5, 7, 9, 12];

/** Inverts a stripe along the left border and one along the right. MNIST-C (arXiv:1906.02337), 7 columns by default. */
export const stripe: Corruption = {
  normals: 0,
  uniforms: 0,
  apply: (image, severity) => {
    const width = WIDTH[severity];
    return imageOf((row, column) => {
      const value = image[row * SIDE + column];
      return column < width || column >= SIDE - width ? 1 - value : value;
    });
  },
};
