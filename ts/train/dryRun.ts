import { plannedBytes } from "../backend/wasm.js";
import { type DataSummary, dataSummary } from "../data/dataset.js";
import type { ExperimentInput } from "../experiment/schema.js";
import { flops } from "../program/flops.js";
import { lowerPlan } from "../program/lowerPlan.js";
import { type PrepareOptions, prepare } from "./prepare.js";

/** Work and memory of a run on the CPU machine. */
export interface DryRun {
  /** What the data is taken for. */
  readonly data: DataSummary;
  /** Updates in the whole run. */
  readonly steps: number;
  /** Updates of an epoch. */
  readonly stepsPerEpoch: number;
  /** Weights, biases and noise weights. */
  readonly parameters: number;
  /** Floating point operations in the matrix products of one update. */
  readonly flopsPerStep: number;
  /** Bytes of the loaded data. */
  readonly dataBytes: number;
  /** Bytes of the machine's memory, its copy of the data included. It is planned once and does not grow. */
  readonly machineBytes: number;
}

/** What `dryRun` may use. */
export interface DryRunOptions extends Pick<PrepareOptions, "kernels" | "files" | "dataset"> {}

/**
 * Says how much work and memory a run takes, without training.
 * @throws InputError as `train` does.
 */
export async function dryRun(input: ExperimentInput, options: DryRunOptions = {}): Promise<DryRun> {
  const { kernels, data, plan, schedule } = await prepare(input, { ...options, backend: "wasm" });
  const { program, layers } = await lowerPlan(plan);
  const { steps, stepsPerEpoch } = schedule;
  const halves = data.test ? [data.train, data.test] : [data.train];
  return {
    data: dataSummary(data),
    steps,
    stepsPerEpoch,
    parameters: layers.reduce((sum, { outputs, columns }) => sum + outputs * columns, 0),
    flopsPerStep: flops(program.lists.step.ops),
    dataBytes: halves.reduce(
      (sum, { inputs, targets }) => sum + inputs.byteLength + targets.byteLength,
      0,
    ),
    machineBytes: plannedBytes(kernels, program),
  };
}
