/**
 * Robustness: the accuracy of networks on corrupted images, under attacks and on other domains. An entry of its own,
 * which pages that only train need not load.
 * @module ninscope/robustness
 */

export type { Interval } from "../analysis/interval.js";
export type { OnProgress, Progress } from "../async/progress.js";
export type { BackendName, BackendRecord } from "../backend/machineFor.js";
export type { GpuOptions } from "../backend/webgpu/gpu.js";
export type { DataSummary, Dataset, DatasetRecord, Split, Task } from "../data/dataset.js";
export type { ExperimentInput } from "../experiment/experiment.js";
export type { Flavour, Kernels } from "../kernels/kernels.js";
export type { Network, NoiseNodes } from "../program/network.js";
export type { Activation } from "../program/ops.js";
export type { AttackName } from "../robustness/attacks/attacks.js";
export { type CorruptOptions, corruptImages as corrupt } from "../robustness/corruptImages.js";
export { CORRUPTION_NAMES, type CorruptionName } from "../robustness/corruptions/corruptions.js";
export type { Model } from "../robustness/model.js";
export {
  type RobustnessOptions,
  type RobustnessStore,
  robustness,
  type TestSet,
} from "../robustness/robustness.js";
export type {
  Accuracy,
  AttackAccuracy,
  CorruptionAccuracy,
  NetworkDose,
  NetworkRobustness,
  RobustnessResult,
  SeverityAccuracy,
  ShiftAccuracy,
} from "../robustness/robustnessResult.js";
export type { FullSettings, RobustnessSettings } from "../robustness/settings.js";
export type { GivenSubject, RobustnessSubject, TrainedSubject } from "../robustness/subjects.js";
export type { Measured, TrainedNetwork } from "../store/measurements.js";
export type { Parameters } from "../train/parameters.js";
export type { Dose } from "../train/record/dose.js";
