import { plannedBytes } from "../backend/wasm.js";
import { type FileSource, loadDataset } from "../data/load.js";
import { parseExperiment } from "../experiment/parse.js";
import type { ExperimentInput } from "../experiment/schema.js";
import { type Kernels, loadKernels } from "../kernels/kernels.js";
import { flops } from "../program/flops.js";
import { lower } from "../program/lower.js";
import { Streams } from "../random/streams.js";
import { planOf } from "./plan.js";
import { scheduleOf } from "./schedule.js";

/** What a run will take on the CPU machine. */
export interface DryRun {
  /** Updates in the whole run. */
  readonly steps: number;
  readonly stepsPerEpoch: number;
  /** Weights, biases and noise weights. */
  readonly parameters: number;
  /** Of the matrix products of one update. */
  readonly flopsPerStep: number;
  /** Bytes of the data as it is loaded. */
  readonly dataBytes: number;
  /** Bytes of the machine's memory: planned once, it does not grow. Its copy of the data is among them. */
  readonly machineBytes: number;
}

/**
 * Plans a run without making it.
 * @throws InputError as `train` does.
 */
export async function dryRun(
  input: ExperimentInput,
  options: { readonly kernels?: Kernels; readonly files?: FileSource } = {},
): Promise<DryRun> {
  const experiment = parseExperiment(input);
  const kernels = options.kernels ?? (await loadKernels());
  const streams = new Streams(kernels, experiment.seed);
  const data = await loadDataset(experiment.data, streams, options.files);
  const plan = planOf(experiment, data);
  const { program, layers } = lower(plan);
  const { steps, stepsPerEpoch } = scheduleOf(experiment, plan);
  const halves = data.test ? [data.train, data.test] : [data.train];
  return {
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
