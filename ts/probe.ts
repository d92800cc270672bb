/**
 * The probe: what noise injection weights read of a network's curvature, beside what is measured directly and what the
 * theory predicts (Levi et al., arXiv:2210.13599). An entry of its own, for it brings an eigen-solver and a fitter.
 */
export { type Calibration, calibrate } from "./analysis/calibration.js";
export { type Estimate, estimate } from "./analysis/estimate.js";
export { type LanczosResult, lanczos, spectralDensity } from "./analysis/lanczos.js";
export { type Likeness, likeness, type Similarity, similarity } from "./analysis/similarity.js";
export { componentSquares, quadraticForm, type Spectrum, spectrumOf } from "./analysis/spectrum.js";
export { firstPassage, fitDecay, type Scatter, type TimeScale } from "./analysis/timeScale.js";
export { boundaryVerdict, type Verdict, verdictOf } from "./analysis/verdict.js";
export {
  type CurvatureOptions,
  CurvatureProbe,
  type LocalGradient,
} from "./curvature/curvatureProbe.js";
export { type ExpansionPoint, ExpansionProbe } from "./curvature/expansionProbe.js";
export {
  type Density,
  denseHessian,
  hutchinsonTrace,
  localDensity,
  localSpectrum,
  smoothedCurvatures,
  smoothedMaximum,
  topSpectrum,
} from "./curvature/hessian.js";
export { type NetworkCurvature, networkCurvature } from "./curvature/networkCurvature.js";
export {
  type LayerNames,
  type OwnNetwork,
  type OwnNetworkOptions,
  readNetwork,
  writeNetwork,
} from "./curvature/ownNetwork.js";
export { type WeightCurvature, weightCurvature } from "./curvature/weightCurvature.js";
export { type FigureOne, figureOne, figureOneInput } from "./paper/figureOne.js";
export { type Claim, claimsOf } from "./paper/paperClaims.js";
export { type BystanderOptions, type BystanderResult, bystander } from "./probe/bystander.js";
export {
  type ValidityCell,
  type ValidityOptions,
  validity,
  validUntil,
} from "./probe/expansionValidity.js";
export { type Foretold, foretold } from "./probe/foretold.js";
export { type DecayMode, type Prediction, predict } from "./probe/predict.js";
export { type PredictionOptions, predictionOf } from "./probe/predictionOf.js";
export { type ProbeOptions, probe } from "./probe/probe.js";
export type { Comparison, ProbeMoment, ProbeResult } from "./probe/probeResult.js";
export { planReading, type ReadingOptions, type ReadingPlan } from "./probe/readingPlan.js";
export type { CurvatureKind } from "./program/curvature.js";
export * as drift from "./theory/drift.js";
export { type DriftMoment, type DriftPath, driftPath } from "./theory/driftPath.js";
