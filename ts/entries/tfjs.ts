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
export {
  type LayerClass,
  type LayersNamespace,
  type NoiseNodesLayer,
  noiseLayer,
  type TensorFlow,
} from "../adapters/noiseLayer.js";
export type { GaugeResult } from "../gauge/gaugeResult.js";
export { NoiseProbe, type NoiseProbeOptions, type Observation } from "../gauge/noiseProbe.js";
