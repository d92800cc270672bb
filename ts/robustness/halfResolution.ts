import { type Image, imageOf, nearestPixel, PIXELS, SIDE } from "./corruptions/image.js";

/**
 * A shift of the domain that needs no other data: each image as a camera of half the resolution would take it. Means over
 * blocks of 2 x 2 pixels are read back at 28 x 28 by bilinear interpolation.
 */
export function halfResolution(images: Float32Array): Float32Array {
  const out = new Float32Array(images.length);
  for (let at = 0; at < images.length; at += PIXELS) {
    out.set(coarse(Float64Array.from(images.subarray(at, at + PIXELS))), at);
  }
  return out;
}

function coarse(image: Image): Image {
  const block = (row: number, column: number) => {
    const [r, c] = [within(row), within(column)].map((place) => 2 * place);
    const pixel = (down: number, across: number) => nearestPixel(image, r + down, c + across);
    return (pixel(0, 0) + pixel(0, 1) + pixel(1, 0) + pixel(1, 1)) / 4;
  };
  // The centre of a pixel is a quarter of a block away from that of its own block.
  const nearer = 0.75;
  return imageOf((row, column) => {
    const [r, c] = [Math.floor(row / 2), Math.floor(column / 2)];
    const [down, across] = [2 * (row % 2) - 1, 2 * (column % 2) - 1];
    const along = (at: number) => nearer * block(at, c) + (1 - nearer) * block(at, c + across);
    return nearer * along(r) + (1 - nearer) * along(r + down);
  });
}

function within(place: number): number {
  return Math.min(Math.max(place, 0), SIDE / 2 - 1);
}
