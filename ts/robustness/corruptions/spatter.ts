import { type BySeverity, type Corruption, PIXELS } from "./image.js";
import { smoothed } from "./smooth.js";

interface Liquid {
  readonly mean: number;
  readonly deviation: number;
}

const LIQUID: BySeverity<Liquid> = [
  // No liquid reaches the threshold.
  { mean: 0, deviation: 0.3 },
  { mean: 0.61, deviation: 0.3 },
  { mean: 0.63, deviation: 0.3 },
  { mean: 0.65, deviation: 0.3 },
  { mean: 0.67, deviation: 0.4 },
  { mean: 0.69, deviation: 0.4 },
];
const THRESHOLD = 0.65;
const LIQUID_SIGMA = 1;
const DROP_SIGMA = 1.5;
/** Coverage below which mud leaves no trace. */
const THINNEST = 0.8;
const MUD = 63 / 255;

/**
 * Drops of mud: where smoothed normal noise passes a threshold, the image is covered with dark grey. MNIST-C
 * (arXiv:1906.02337), with mean 0.65, deviation 0.3 and threshold 0.65 by default.
 */
export const spatter: Corruption = {
  normals: PIXELS,
  uniforms: 0,
  apply: (image, severity, { normals }) => {
    const { mean, deviation } = LIQUID[severity];
    const noise = image.map((_, i) => mean + deviation * normals[i]);
    const wet = smoothed(noise, LIQUID_SIGMA).map((level) => (level > THRESHOLD ? 1 : 0));
    const cover = smoothed(wet, DROP_SIGMA).map((part) => (part < THINNEST ? 0 : part));
    return image.map((value, i) => (1 - cover[i]) * value + cover[i] * MUD);
  },
};
