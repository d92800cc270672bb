import { cosTurn, sinTurn } from "../../data/elementary.js";
import {
  type BySeverity,
  type Corruption,
  type Image,
  imageOf,
  pixelOrBlack,
  SIDE,
  sign,
} from "./image.js";

// All as in MNIST-C (arXiv:1906.02337): the value of a pixel is read where a map takes it, by bilinear interpolation, and
// all that lies outside the image is black. The maps keep the centre of the image where it is.

const CENTRE = (SIDE - 1) / 2;

/** `[x; y] -> [xx xy; yx yy] [x; y]`, with x along the rows and y down the columns, from the centre. */
interface LinearMap {
  readonly xx: number;
  readonly xy: number;
  readonly yx: number;
  readonly yy: number;
}

function warped(image: Image, { xx, xy, yx, yy }: LinearMap): Image {
  return imageOf((row, column) => {
    const [x, y] = [column - CENTRE, row - CENTRE];
    return between(image, CENTRE + (yx * x + yy * y), CENTRE + (xx * x + xy * y));
  });
}

/** The image between its pixels, by bilinear interpolation. */
export function between(image: Image, row: number, column: number): number {
  const [top, left] = [Math.floor(row), Math.floor(column)];
  const [down, across] = [row - top, column - left];
  const along = (at: number) =>
    (1 - across) * pixelOrBlack(image, at, left) + across * pixelOrBlack(image, at, left + 1);
  return (1 - down) * along(top) + down * along(top + 1);
}

const ANGLE: BySeverity<number> = [0, 0.2, 0.3, 0.4, 0.6, 0.8];

function turnOf(severity: number, uniform: number): number {
  return (sign(uniform) * ANGLE[severity]) / (2 * Math.PI);
}

/** Shear by an angle of random sign: the columns are tilted. MNIST-C, 0.4 radians by default. */
export const shear: Corruption = {
  normals: 0,
  uniforms: 1,
  apply: (image, severity, { uniforms }) => {
    const turn = turnOf(severity, uniforms[0]);
    return warped(image, { xx: 1, xy: -sinTurn(turn), yx: 0, yy: cosTurn(turn) });
  },
};

/** Rotation by an angle of random sign. MNIST-C, 0.4 radians by default. */
export const rotation: Corruption = {
  normals: 0,
  uniforms: 1,
  apply: (image, severity, { uniforms }) => {
    const turn = turnOf(severity, uniforms[0]);
    const [cos, sin] = [cosTurn(turn), sinTurn(turn)];
    return warped(image, { xx: cos, xy: -sin, yx: sin, yy: cos });
  },
};

const SIZE: BySeverity<number> = [1, 0.9, 0.8, 0.7, 0.6, 0.5];

/** Makes the image smaller. MNIST-C, to 0.7 of its size by default: its map scales by 1/0.7. */
export const scale: Corruption = {
  normals: 0,
  uniforms: 0,
  apply: (image, severity) =>
    warped(image, { xx: 1 / SIZE[severity], xy: 0, yx: 0, yy: 1 / SIZE[severity] }),
};

/** Moves the image up or down and left or right by as many pixels as the severity. MNIST-C, 3 pixels by default. */
export const translation: Corruption = {
  normals: 0,
  uniforms: 2,
  apply: (image, severity, { uniforms }) => {
    const [across, down] = [severity * sign(uniforms[0]), severity * sign(uniforms[1])];
    return imageOf((row, column) => pixelOrBlack(image, row + down, column + across));
  },
};
