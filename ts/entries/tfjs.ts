/**
 * Noise nodes in models of TensorFlow.js: a layer that carries a probe, and a callback for `model.fit`. It takes TensorFlow.js as an
 * argument, so any of its packages will do.
 * @module ninscope/tfjs
 */
export {
  type DrawGauge,
  type GaugeCallback,
  type GaugeCallbackOptions,
  gaugeCallback,
  gaugeLine,
} from "../adapters/gaugeCallback.js";
export { type NoiseNodesLayer, noiseLayer, type TensorFlow } from "../adapters/noiseLayer.js";
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
