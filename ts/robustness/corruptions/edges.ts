import {
  type BySeverity,
  type Corruption,
  type Image,
  imageOf,
  nearestPixel,
  PIXELS,
  SIDE,
} from "./image.js";
import { smoothed } from "./smooth.js";

interface Edges {
  /** Part of the image that is replaced by its edges. */
  readonly part: number;
  /** Standard deviation of the smoothing before edges are looked for. */
  readonly sigma: number;
}

const EDGES: BySeverity<Edges> = [
  { part: 0, sigma: 1 },
  { part: 1 / 3, sigma: 1 },
  { part: 2 / 3, sigma: 1 },
  { part: 1, sigma: 1 },
  { part: 1, sigma: 1.5 },
  { part: 1, sigma: 2 },
];

/**
 * Leaves only the edges (J. Canny, "A computational approach to edge detection", 1986). MNIST-C (arXiv:1906.02337), with
 * scikit-image's defaults: sigma 1, thresholds 0.1 and 0.2.
 */
export const edges: Corruption = {
  normals: 0,
  uniforms: 0,
  apply: (image, severity) => {
    const { part, sigma } = EDGES[severity];
    const found = canny(image, sigma);
    return image.map((value, i) => (1 - part) * value + part * found[i]);
  },
};

const LOW = 0.1;
const HIGH = 0.2;
/** The tangent of a sixteenth of a turn. */
const TANGENT = Math.SQRT2 - 1;

/** 1 on edges, otherwise 0. */
function canny(image: Image, sigma: number): Image {
  const smooth = smoothed(image, sigma);
  const slope = (down: number, across: number) =>
    imageOf((row, column) => {
      const at = (forward: number, aside: number) =>
        nearestPixel(
          smooth,
          row + forward * down + aside * across,
          column + forward * across + aside * down,
        );
      const side = (forward: number) => at(forward, -1) + 2 * at(forward, 0) + at(forward, 1);
      return side(1) - side(-1);
    });
  const [x, y] = [slope(0, 1), slope(1, 0)];
  const size = x.map((value, i) => Math.sqrt(value * value + y[i] * y[i]));
  const ridge = imageOf((row, column) => {
    const place = row * SIDE + column;
    const [down, across] = direction(x[place], y[place]);
    const highest =
      size[place] >= nearestPixel(size, row + down, column + across) &&
      size[place] >= nearestPixel(size, row - down, column - across);
    return highest ? size[place] : 0;
  });
  return connected(ridge);
}

/** The neighbour that a gradient points to, or away from. */
function direction(x: number, y: number): readonly [down: number, across: number] {
  if (Math.abs(y) <= TANGENT * Math.abs(x)) return [0, 1];
  if (Math.abs(x) <= TANGENT * Math.abs(y)) return [1, 0];
  return x * y > 0 ? [1, 1] : [1, -1];
}

/** The pixels of at least `LOW` that a path of such pixels connects with one of at least `HIGH`. */
function connected(ridge: Image): Image {
  const found = new Float64Array(PIXELS);
  const waiting: number[] = [];
  const take = (place: number) => {
    found[place] = 1;
    waiting.push(place);
  };
  for (let place = 0; place < PIXELS; place++) if (ridge[place] >= HIGH) take(place);
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const [row, column] = [Math.floor(place / SIDE), place % SIDE];
    for (let r = Math.max(0, row - 1); r <= Math.min(SIDE - 1, row + 1); r++) {
      for (let c = Math.max(0, column - 1); c <= Math.min(SIDE - 1, column + 1); c++) {
        const next = r * SIDE + c;
        if (found[next] === 0 && ridge[next] >= LOW) take(next);
      }
    }
  }
  return found;
}
