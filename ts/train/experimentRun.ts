import { classify, type Evidence } from "../analysis/classify.js";
import type { Phase } from "../analysis/phase.js";
import type { Machine } from "../backend/machine.js";
import { type BackendName, type BackendRecord, machineFor } from "../backend/machineFor.js";
import type { GpuOptions } from "../backend/webgpu/gpu.js";
import type { Dataset } from "../data/dataset.js";
import type { Experiment } from "../experiment/schema.js";
import type { Kernels } from "../kernels/instance.js";
import type { Plan } from "../program/workspace.js";
import { Streams } from "../random/streams.js";
import type { Trajectory } from "../trajectory/trajectory.js";
import { type Final, finalOf } from "./final.js";
import { type RunInputs, seededInputs } from "./inputs.js";
import { type Parameters, parametersOf } from "./parameters.js";
import { phaseScales } from "./phaseScales.js";
import { planOf } from "./plan.js";
import { type Schedule, scheduleOf } from "./schedule.js";
import { runTraining, type TrainerHooks, type TrainerResult } from "./trainer.js";

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

/** Trains the network of an experiment, which has been checked, on data that has been loaded. */
export async function runExperiment(
  experiment: Experiment,
  backend: BackendName,
  kernels: Kernels,
  data: Dataset,
  hooks: TrainerHooks = {},
  gpu?: GpuOptions,
): Promise<RunResult> {
  const plan = planOf(experiment, data);
  const machine = await machineFor(backend, kernels, gpu);
  const inputs = seededInputs(experiment, plan, new Streams(kernels, experiment.seed));
  const schedule = scheduleOf(experiment, plan);
  const trained = await runTraining(machine, plan, data, inputs, schedule, hooks);
  return resultOf(experiment, machine, data, plan, inputs, schedule, trained);
}

/** What a training run shows. */
export function resultOf(
  experiment: Experiment,
  { name, flavour }: Machine,
  data: Dataset,
  plan: Plan,
  inputs: RunInputs,
  schedule: Schedule,
  { trajectory, weights, steps, seconds }: TrainerResult,
): RunResult {
  const evidence = classify(trajectory, phaseScales(plan, data, inputs));
  return {
    experiment,
    backend: { name, flavour },
    phase: evidence.phase,
    evidence,
    final: finalOf(trajectory, schedule),
    timing: { steps, seconds, stepsPerSecond: seconds > 0 ? steps / seconds : 0 },
    trajectory,
    parameters: parametersOf(plan.network, weights),
  };
}
