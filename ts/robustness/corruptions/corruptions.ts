import { rotation, scale, shear, translation } from "./affine.js";
import { gaussianBlur, glassBlur, motionBlur } from "./blur.js";
import { edges } from "./edges.js";
import type { Corruption } from "./image.js";
import { brightness, contrast, fog } from "./light.js";
import { gaussianNoise, impulseNoise, shotNoise, uniformNoise } from "./noise.js";
import { spatter } from "./spatter.js";
import { stripe } from "./stripe.js";
import { dottedLine, zigzag } from "./strokes.js";

/** The name of a corruption. */
export type CorruptionName =
  | "gaussian-noise"
  | "shot-noise"
  | "impulse-noise"
  | "uniform-noise"
  | "gaussian-blur"
  | "glass-blur"
  | "motion-blur"
  | "shear"
  | "scale"
  | "rotation"
  | "translation"
  | "brightness"
  | "contrast"
  | "fog"
  | "spatter"
  | "stripe"
  | "dotted-line"
  | "zigzag"
  | "edges";

/** The corruptions by name. A corruption's place is part of the key of its random numbers, so the order must not change. */
export const CORRUPTIONS: Readonly<Record<CorruptionName, Corruption>> = {
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
};

/** The names of all corruptions. */
export const CORRUPTION_NAMES = Object.keys(CORRUPTIONS) as readonly CorruptionName[];

/** The largest severity. */
export const MOST_SEVERE = 5;
