import { classify, type Evidence } from "../analysis/classify.js";
import type { Phase } from "../analysis/phase.js";
import type { GpuOptions } from "../backend/webgpu/gpu.js";
import type { Dataset } from "../data/dataset.js";
import { type FileSource, loadDataset } from "../data/load.js";
import { parseExperiment } from "../experiment/parse.js";
import type { Experiment, ExperimentInput } from "../experiment/schema.js";
import { type Kernels, loadKernels } from "../kernels/kernels.js";
import { Streams } from "../random/streams.js";
import type { Trajectory } from "../trajectory/trajectory.js";
import { type BackendName, type BackendRecord, chooseMachine } from "./backend.js";
import { type Final, finalOf } from "./final.js";
import { seededInputs } from "./inputs.js";
import { type Parameters, parametersOf } from "./parameters.js";
import { planOf } from "./plan.js";
import { phaseScales } from "./scales.js";
import { scheduleOf } from "./schedule.js";
import { runTraining, type TrainerHooks } from "./trainer.js";

export interface TrainOptions extends TrainerHooks {
  /** Default `auto`. */
  readonly backend?: BackendName;
  /** The GPU to take, where one is to be taken. */
  readonly gpu?: GpuOptions;
  /** Allows the relaxed-SIMD kernels where the host has them: faster, but other hosts may round otherwise. */
  readonly fast?: boolean;
  /** Kernels that are loaded already (`loadKernels`), or from elsewhere than the embedded bytes. */
  readonly kernels?: Kernels;
  /** Data that is loaded already; `experiment.data` then only names it. */
  readonly dataset?: Dataset;
  /** Where files that `experiment.data` names are read from. */
  readonly files?: FileSource;
}

export interface RunResult {
  /** The experiment as it ran, every default filled in. */
  readonly experiment: Experiment;
  readonly backend: BackendRecord;
  readonly phase: Phase;
  readonly evidence: Evidence;
  readonly final: Final;
  readonly timing: {
    readonly steps: number;
    readonly seconds: number;
    readonly stepsPerSecond: number;
  };
  readonly trajectory: Trajectory;
  readonly parameters: Parameters;
}

/**
 * Trains the network of an experiment and says in which of the four phases it did so (Levi et al.,
 * arXiv:2210.13599).
 * @throws InputError if the experiment is not valid or its data cannot be had; RunError if the machine fails;
 * the signal's reason if it is aborted.
 */
export async function train(
  input: ExperimentInput,
  options: TrainOptions = {},
): Promise<RunResult> {
  const experiment = parseExperiment(input);
  const kernels = options.kernels ?? (await loadKernels({ fast: options.fast }));
  const streams = new Streams(kernels, experiment.seed);
  const data = options.dataset ?? (await loadDataset(experiment.data, streams, options.files));
  const plan = planOf(experiment, data);
  const inputs = seededInputs(experiment, plan, streams);
  const schedule = scheduleOf(experiment, plan);
  const { machine, why } = await chooseMachine(options.backend ?? "auto", kernels, options.gpu, {
    plan,
    steps: schedule.steps,
  });
  const { trajectory, weights, steps, seconds } = await runTraining(
    machine,
    plan,
    data,
    inputs,
    schedule,
    options,
  );
  const evidence = classify(trajectory, phaseScales(plan, data, inputs));
  return {
    experiment,
    backend: { name: machine.name, flavour: machine.flavour, why },
    phase: evidence.phase,
    evidence,
    final: finalOf(trajectory, schedule),
    timing: { steps, seconds, stepsPerSecond: seconds > 0 ? steps / seconds : 0 },
    trajectory,
    parameters: parametersOf(plan.network, weights),
  };
}
