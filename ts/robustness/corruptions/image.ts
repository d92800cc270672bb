/** Pixels along a side of an image. */
export const SIDE = 28;
/** Pixels of an image. */
export const PIXELS = SIDE * SIDE;

/** A grey image: `PIXELS` numbers from 0 (black) to 1 (white), row by row. */
export type Image = Float64Array;

/** Random numbers for one image. */
export interface Draws {
  /** Independent standard normal numbers. */
  readonly normals: ArrayLike<number>;
  /** Independent uniform numbers, at least 0 and below 1. */
  readonly uniforms: ArrayLike<number>;
}

/** A corruption of images. All of its severities use the same draws, so severities are compared without extra noise. */
export interface Corruption {
  /** Normal numbers that it takes for each image. */
  readonly normals: number;
  /** Uniform numbers that it takes for each image. */
  readonly uniforms: number;
  /**
   * Returns the corrupted image and leaves the given one as it is. Values outside [0, 1] are clipped by the caller.
   * @param severity from 0, which changes nothing, to 5; 3 is the usual default.
   */
  apply(image: Image, severity: number, draws: Draws): Image;
}

/** One value for each severity from 0, which changes nothing, to 5. */
export type BySeverity<T> = readonly [T, T, T, T, T, T];

/** The pixel at a row and a column; beyond the border, the nearest pixel of the image. */
export function nearestPixel(image: Image, row: number, column: number): number {
  return image[inside(row) * SIDE + inside(column)];
}

/** The pixel at a row and a column; beyond the border, black. */
export function pixelOrBlack(image: Image, row: number, column: number): number {
  const outside = row < 0 || column < 0 || row >= SIDE || column >= SIDE;
  return outside ? 0 : image[row * SIDE + column];
}

/** An image from the value at each row and column. */
export function imageOf(value: (row: number, column: number) => number): Image {
  const image = new Float64Array(PIXELS);
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) image[row * SIDE + column] = value(row, column);
  }
  return image;
}

/** -1 or 1. */
export function sign(uniform: number): number {
  return uniform < 0.5 ? -1 : 1;
}

function inside(place: number): number {
  return Math.min(Math.max(place, 0), SIDE - 1);
}
