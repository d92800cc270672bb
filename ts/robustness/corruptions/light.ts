import type { BySeverity, Corruption, Image } from "./image.js";
import { plasma } from "./plasma.js";

const ADDED: BySeverity<number> = [0, 0.2, 0.35, 0.5, 0.65, 0.8];

/** Adds light everywhere. MNIST-C (arXiv:1906.02337), 0.5 by default. */
export const brightness: Corruption = {
  normals: 0,
  uniforms: 0,
  apply: (image, severity) => image.map((value) => value + ADDED[severity]),
};

const KEPT: BySeverity<number> = [1, 0.3, 0.2, 0.1, 0.05, 0.025];

/** Draws all pixels towards the image's mean. MNIST-C (arXiv:1906.02337), which keeps 0.1 of the contrast by default. */
export const contrast: Corruption = {
  normals: 0,
  uniforms: 0,
  apply: (image, severity) => {
    const mean = image.reduce((sum, value) => sum + value, 0) / image.length;
    return image.map((value) => KEPT[severity] * value + (1 - KEPT[severity]) * mean);
  },
};

interface Fog {
  readonly amount: number;
  readonly decay: number;
}

const FOG: BySeverity<Fog> = [
  { amount: 0, decay: 2 },
  { amount: 2.5, decay: 1.7 },
  { amount: 2.5, decay: 1.5 },
  { amount: 3, decay: 1.4 },
  { amount: 4, decay: 1.3 },
  { amount: 5, decay: 1.2 },
];

/** Width of the map of the fog: the smallest power of two that covers the image. */
const MAP = 32;

/**
 * `(x + a f) m / (m + a)`, with m the image's largest value and f a random cloud from 0 to 1. MNIST-C (arXiv:1906.02337),
 * with a = 3 and decay 1.4 by default. It cuts its cloud out of a map of 256 pixels; this one fills a map of 32, so that
 * each image has light and dark parts of fog.
 */
export const fog: Corruption = {
  normals: 0,
  uniforms: MAP * MAP,
  apply: (image, severity, { uniforms }) => {
    const { amount, decay } = FOG[severity];
    const cloud = plasma(MAP, decay, uniforms);
    const most = largest(image);
    const kept = amount === 0 ? 1 : most / (most + amount);
    return image.map((value, i) => kept * (value + amount * cloud[i]));
  },
};

function largest(image: Image): number {
  return image.reduce((most, value) => (value > most ? value : most), 0);
}
