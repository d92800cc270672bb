/**
 * Noise nodes in training loops of jax-js: the noise as an array for its transformations, and the gradient back to a probe. It takes
 * jax-js as an argument.
 * @module ninscope/jax
 */
export {
  addNoise,
  type Jax,
  type JaxArray,
  noiseFor,
  observe,
  type ReadableArray,
} from "../adapters/jaxNoise.js";
export { InputError } from "../errors/errors.js";
export type { CurvatureReading } from "../gauge/curvatureOver.js";
export type { CurvaturePoint, GaugeResult } from "../gauge/gaugeResult.js";
export {
  type Draws,
  NoiseProbe,
  type NoiseProbeOptions,
  type Observation,
} from "../gauge/noiseProbe.js";
export type { GaugeNodes, GaugeRecord } from "../gauge/record.js";
