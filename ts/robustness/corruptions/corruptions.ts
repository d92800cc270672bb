import { rotation, scale, shear, translation } from "./affine.js";
import { gaussianBlur, glassBlur, motionBlur } from "./blur.js";
import { edges } from "./edges.js";
import type { Corruption } from "./image.js";
import { brightness, contrast, fog } from "./light.js";
import { gaussianNoise, impulseNoise, shotNoise, uniformNoise } from "./noise.js";
import { spatter } from "./spatter.js";
import { stripe } from "./stripe.js";
import { dottedLine, zigzag } from "./strokes.js";

/** The corruptions by name. A corruption's place is part of the key of its random numbers, so the order must not change. */
export const CORRUPTIONS = {
  "gaussian-noise": gaussianNoise,
  "shot-noise": shotNoise,
  "impulse-noise": impulseNoise,
  "uniform-noise": uniformNoise,
  "gaussian-blur": gaussianBlur,
  "glass-blur": glassBlur,
  "motion-blur": motionBlur,
  shear,
  scale,
  rotation,
  translation,
  brightness,
  contrast,
  fog,
  spatter,
  stripe,
  "dotted-line": dottedLine,
  zigzag,
  edges,
} as const satisfies Readonly<Record<string, Corruption>>;

/** The name of a corruption. */
export type CorruptionName = keyof typeof CORRUPTIONS;

/** The names of all corruptions. */
export const CORRUPTION_NAMES = Object.keys(CORRUPTIONS) as readonly CorruptionName[];

/** The largest severity. */
export const MOST_SEVERE = 5;
