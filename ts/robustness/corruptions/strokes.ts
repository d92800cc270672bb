import { lnBelowOne } from "../../data/elementary.js";
import { type BySeverity, type Corruption, type Image, imageOf, SIDE } from "./image.js";

/** Half the thickness of a stroke, in pixels. */
const THICKNESS: BySeverity<number> = [0, 1.3, 1.8, 2.3, 3.5, 5];

interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Adds a white stroke from one point to another on its right. Its light falls with the distance d to the line, measured
 * down the columns, as `1 + ln(1 - d / t)`; it covers the columns from floor(x) of its start up to ceil(x) of its end.
 * MNIST-C (arXiv:1906.02337), with t = 2.3.
 */
function stroke(image: Image, from: Point, to: Point, thickness: number): Image {
  const slope = (to.y - from.y) / (to.x - from.x);
  const [first, end] = [Math.floor(from.x), Math.ceil(to.x)];
  return imageOf((row, column) => {
    const value = image[row * SIDE + column];
    if (column < first || column >= end) return value;
    const distance = Math.abs(row - (from.y + slope * (column - from.x)));
    return value + light(distance, thickness);
  });
}

/** The light ends at a distance of (1 - 1/e) t. */
function light(distance: number, thickness: number): number {
  const left = 1 - distance / thickness;
  return left > 1 / Math.E ? 1 + lnBelowOne(left) : 0;
}

/** A row at which a stroke begins or ends. */
function someRow(uniform: number): number {
  return Math.floor((SIDE - 1) * uniform);
}

/** A white line from the left border to the right, two columns on and two off. MNIST-C (arXiv:1906.02337). */
export const dottedLine: Corruption = {
  normals: 0,
  uniforms: 2,
  apply: (image, severity, { uniforms }) => {
    const [from, to] = [
      { x: 0, y: someRow(uniforms[0]) },
      { x: SIDE - 1, y: someRow(uniforms[1]) },
    ];
    const whole = stroke(image, from, to, THICKNESS[severity]);
    return imageOf((row, column) => {
      const place = row * SIDE + column;
      return Math.floor(column / 2) % 2 === 1 ? whole[place] : image[place];
    });
  },
};

/** Half the length of a tooth along the zigzag, and its height across it. */
const TOOTH = 2;
const LEFT = 2;
const RIGHT = 25;

/** A white zigzag from column 2 to column 25, with teeth of 2 pixels. MNIST-C (arXiv:1906.02337). */
export const zigzag: Corruption = {
  normals: 0,
  uniforms: 2,
  apply: (image, severity, { uniforms }) => {
    const top = someRow(uniforms[0]);
    const fall = Math.floor(10 * uniforms[1]) - 5;
    const corners = cornersOf(top, fall);
    let drawn = image;
    for (let i = 1; i < corners.length; i++) {
      drawn = stroke(drawn, corners[i - 1], corners[i], THICKNESS[severity]);
    }
    return drawn;
  },
};

/** The corners of the zigzag: its start, one on each side of its line in turn, and its end. */
function cornersOf(top: number, fall: number): Point[] {
  const width = RIGHT - LEFT;
  const length = Math.sqrt(width * width + fall * fall);
  const place = (along: number, across: number): Point => ({
    x: LEFT + (along * width - across * fall) / length,
    y: top + (along * fall + across * width) / length,
  });
  const corners = [place(0, 0)];
  for (let i = 0; (2 * i + 1) * TOOTH <= length; i++) {
    corners.push(place((2 * i + 1) * TOOTH, i % 2 === 0 ? TOOTH : -TOOTH));
  }
  return [...corners, place(length, 0)];
}
