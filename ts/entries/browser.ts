/**
 * ninscope: a probe of learning dynamics by noise injection (Levi, Bloch, Freytsis, Volansky,
 * *Noise Injection as a Probe of Deep Learning Dynamics*, arXiv:2210.13599).
 *
 * This is the entry for browsers. In Node the same names read files and find the GPU by themselves.
 * @module ninscope
 */

export {
  type BoundaryName,
  type MeasuredBoundary,
  measuredBoundaries,
} from "../analysis/boundaries.js";
export { classify, type Evidence } from "../analysis/classify.js";
export { type Interval, meanInterval } from "../analysis/interval.js";
export { PHASES, type Phase } from "../analysis/phase.js";
export type { PhaseMeasure, PhaseNumbers, PhaseScales } from "../analysis/phaseNumbers.js";
export type { OnProgress, Progress } from "../async/progress.js";
export type { BackendName, BackendRecord } from "../backend/machineFor.js";
export type { GpuOptions } from "../backend/webgpu/gpu.js";
export { bench } from "../check/bench/bench.js";
export {
  BENCH_SIZES,
  type BenchOmission,
  type BenchOptions,
  type BenchResult,
  type BenchRow,
  type BenchSizes,
} from "../check/bench/benchResult.js";
export type { Replay, ReplayResult } from "../check/replay.js";
export { type ReplayOptions, type ReplayRun, readReplay, replay } from "../check/replayRun.js";
export {
  type VerifyCheck,
  type VerifyOptions,
  type VerifyResult,
  verify,
} from "../check/verify/verify.js";
export type {
  ColumnsSpec,
  CsvSpec,
  DataInput,
  DataSpec,
  GaussianMixtureSpec,
  Given,
  IdxSpec,
  ImagesSpec,
  LinearRegressionSpec,
  Normalization,
  NpySpec,
  NpzSpec,
  SpiralSpec,
  TeacherSpec,
} from "../data/dataSpec.js";
export type { DataSummary, Dataset, DatasetRecord, Split, Task } from "../data/dataset.js";
export { type DatasetInput, datasetOf, type Numbers, type Samples } from "../data/datasetOf.js";
export type { ImageFile, ImageFiles } from "../data/images.js";
export type { FileSource, NamedSet } from "../data/load.js";
export { InputError, RunError } from "../errors/errors.js";
export type {
  ConstantSchedule,
  ControllerSchedule,
  CosineSchedule,
  Experiment,
  ExperimentInput,
  NetworkSpec,
  NoiseGroup,
  NoiseInput,
  OptimizerSpec,
  PeriodicSchedule,
  RecordSpec,
  RegularizationSpec,
  ScheduleInput,
  ScheduleSpec,
  StopSpec,
} from "../experiment/experiment.js";
export { parseExperiment } from "../experiment/parse.js";
export { type LinearModel, linearExperiment } from "../experiment/presets.js";
export type { Shard } from "../experiment/shard.js";
export {
  type Refine,
  type SweepInput,
  type SweepPlan,
  type SweepRun,
  type SweptFields,
  sweepPlan,
  sweepRuns,
} from "../experiment/sweep.js";
export { hashRuns } from "../format/hash.js";
export type { WorkerOptions } from "../jobs/makeRunner.js";
export type { SpawnWorker, ThreadLike } from "../jobs/pool/handle.js";
export type { Failure } from "../jobs/pool/outcome.js";
export { type RunResult, type TrainOptions, train } from "../jobs/train.js";
export {
  type Flavour,
  type KernelOptions,
  type KernelSource,
  type Kernels,
  loadKernels,
} from "../kernels/kernels.js";
export {
  type EnsembleOptions,
  type EnsembleSpec,
  type LinearCell,
  runLinearEnsemble,
} from "../linear/linearEnsemble.js";
export { type LinearRun, type LinearRunOptions, runLinear } from "../linear/runLinear.js";
export { type Distribution, type StreamName, Streams } from "../random/streams.js";
export type { CheckpointStore, RunStore, RunSummary, StoredRun } from "../store/runStore.js";
export type { Store } from "../store/store.js";
export { type Sweep, type SweepOptions, sweep } from "../sweep/sweep.js";
export type {
  FailedRun,
  SeedGroup,
  SweepBoundary,
  SweepResult,
  SweptRun,
  SweptSummary,
} from "../sweep/sweepResult.js";
export * as linear from "../theory/linear.js";
export { type LinearBoundaries, linearBoundaries } from "../theory/linearBoundaries.js";
export type { Checkpoint, Checkpoints } from "../train/checkpoint.js";
export { type LoadOptions, loadData as loadDataset } from "../train/loadData.js";
export type { Parameters, Weights } from "../train/parameters.js";
export type { HostOptions, PrepareOptions } from "../train/prepare.js";
export type { Dose } from "../train/record/dose.js";
export type { Final } from "../train/record/final.js";
export type { EvaluationRecord } from "../train/record/recorder.js";
export type { SigmaControl, SigmaPoint, TargetReading } from "../train/sigma/sigmaControl.js";
export type { Observed, Observer } from "../train/trainer.js";
export type { Trajectory } from "../trajectory/trajectory.js";
