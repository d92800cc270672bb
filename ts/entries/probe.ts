/**
 * The probe: what noise injection weights read of a network's curvature, beside what is measured directly and what the
 * theory predicts (Levi et al., arXiv:2210.13599). An entry of its own, because it brings an eigen-solver and a fitter.
 * @module ninscope/probe
 */
export type { PredictedBoundaries } from "../analysis/boundaries.js";
export { type Calibration, calibrate } from "../analysis/calibration.js";
export { type Estimate, estimate } from "../analysis/estimate.js";
export { type Apply, type LanczosResult, lanczos, spectralDensity } from "../analysis/lanczos.js";
export {
  type BootstrapInterval,
  type Likeness,
  likeness,
  type Similarity,
  similarity,
  type TimedCurve,
} from "../analysis/similarity.js";
export {
  componentSquares,
  quadraticForm,
  type Spectrum,
  spectrumOf,
} from "../analysis/spectrum.js";
export { firstPassage, fitDecay, type Scatter, type TimeScale } from "../analysis/timeScale.js";
export { boundaryVerdict, type Verdict, verdictOf } from "../analysis/verdict.js";
export {
  type CriticalSharpness,
  type CriticalSharpnessOptions,
  criticalSharpness,
} from "../curvature/criticalSharpness.js";
export { type CurvatureOfOptions, curvatureOf } from "../curvature/curvatureOf.js";
export type { ExpansionPoint } from "../curvature/expansionProbe.js";
export type { LayerNames } from "../curvature/layersInFile.js";
export type { CurvatureReadingOptions, NetworkCurvature } from "../curvature/networkCurvature.js";
export {
  type OwnNetwork,
  type OwnNetworkOptions,
  readNetwork,
  writeNetwork,
} from "../curvature/ownNetwork.js";
export type { WeightCurvature } from "../curvature/weightCurvature.js";
export { type ForecastOptions, forecast } from "../forecast/forecast.js";
export type {
  Forecast,
  ForecastBoundary,
  ForecastCost,
  ForecastMemory,
} from "../forecast/forecastResult.js";
export {
  type Ninr,
  type NinrOptions,
  type NinrPreset,
  type NinrSigma,
  ninr,
  ninrSigma,
} from "../forecast/ninr.js";
export type { StepGain } from "../forecast/stepGain.js";
export type { CurvatureReading } from "../gauge/curvatureOver.js";
export { gaugeCsv, gaugeLogHeader, gaugeLogLine } from "../gauge/exportRecords.js";
export type { GaugeLog } from "../gauge/gaugeLog.js";
export { gaugeOf } from "../gauge/gaugeOf.js";
export type { CurvaturePoint, GaugeResult } from "../gauge/gaugeResult.js";
export { JsonLog } from "../gauge/jsonLog.js";
export {
  type Draws,
  NoiseProbe,
  type NoiseProbeOptions,
  type Observation,
} from "../gauge/noiseProbe.js";
export { readGaugeLog } from "../gauge/readGaugeLog.js";
export type { GaugeNodes, GaugeRecord } from "../gauge/record.js";
export type { LinearExpectation } from "../linear/linearExpectation.js";
export {
  type FigureOne,
  type FigureOneOptions,
  type FigureRun,
  figureOne,
  figureOneInput,
  type Mode,
} from "../paper/figureOne.js";
export { type Claim, paperClaims } from "../paper/paperClaims.js";
export {
  type AttachedNoise,
  type BystanderOptions,
  type BystanderResult,
  bystander,
} from "../probe/bystander.js";
export {
  type ValidityCell,
  type ValidityOptions,
  validity,
  validUntil,
} from "../probe/expansionValidity.js";
export type { DecayMode, Prediction } from "../probe/predict.js";
export { predictedBoundaries } from "../probe/predictedBoundaries.js";
export { type PredictionOptions, predictionOf } from "../probe/predictionOf.js";
export { type ProbeOptions, probe } from "../probe/probe.js";
export type {
  Comparison,
  PredictionWithError,
  ProbeMoment,
  ProbeResult,
  TimeScales,
} from "../probe/probeResult.js";
export type { ReadingPlan } from "../probe/readingPlan.js";
export type { CurvatureKind } from "../program/curvature.js";
export type { Network, NoiseNodes } from "../program/network.js";
export type { Activation } from "../program/ops.js";
export * as drift from "../theory/drift.js";
export { type DriftMoment, type DriftPath, driftPath } from "../theory/driftPath.js";
