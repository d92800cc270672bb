/**
 * Noise nodes in training loops of jax-js: the noise as an array for its transformations, and the gradient back to a probe. It takes
 * jax-js as an argument.
 * @module ninscope/jax
 */
export {
  addNoise,
  type Jax,
  type JaxArray,
  type JaxNumpy,
  noiseFor,
  observe,
  type ReadableArray,
} from "../adapters/jaxNoise.js";
export type { GaugeResult } from "../gauge/gaugeResult.js";
export { NoiseProbe, type NoiseProbeOptions, type Observation } from "../gauge/noiseProbe.js";
