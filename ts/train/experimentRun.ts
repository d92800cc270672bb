import { classify, type Evidence } from "../analysis/classify.js";
import type { Phase } from "../analysis/phase.js";
import { type BackendRecord, backendRecord, reasons } from "../backend/machineFor.js";
import { type DatasetRecord, recordOf } from "../data/dataset.js";
import type { Experiment } from "../experiment/schema.js";
import type { Trajectory } from "../trajectory/trajectory.js";
import { type Parameters, parametersOf } from "./parameters.js";
import type { Prepared } from "./prepare.js";
import { type Dose, doseOf } from "./record/dose.js";
import { type Final, finalOf } from "./record/final.js";
import { phaseScales } from "./record/phaseScales.js";
import type { SigmaControl } from "./sigma/sigmaControl.js";
import { runTraining, type TrainerHooks, type TrainerResult } from "./trainer.js";

/** What a training run shows. */
export interface RunResult {
  /** The experiment as it ran, every default filled in. */
  readonly experiment: Experiment;
  /** The data that it ran on; not what `experiment.data` names where the caller gave a data set. */
  readonly dataset: DatasetRecord;
  /** What ran. */
  readonly backend: BackendRecord;
  /** Which of the four phases the run shows. */
  readonly phase: Phase;
  /** The numbers that decided it. */
  readonly evidence: Evidence;
  /** The numbers at the run's end. */
  readonly final: Final;
  /** The dose that its noise nodes paid; null without them. */
  readonly dose: Dose | null;
  /** What schedules did with `sigma`, for each noise group that has one. */
  readonly controls: readonly SigmaControl[];
  /** Speed of the training steps alone, without evaluations. */
  readonly timing: {
    /** Updates made. */
    readonly steps: number;
    /** Seconds they took. */
    readonly seconds: number;
    /** Updates a second; 0 if there were none. */
    readonly stepsPerSecond: number;
  };
  /** The run's record. */
  readonly trajectory: Trajectory;
  /** The trained parameters. */
  readonly parameters: Parameters;
}

/** Trains the network of an experiment that has been prepared. */
export async function runExperiment(
  prepared: Prepared,
  hooks: TrainerHooks = {},
): Promise<RunResult> {
  return resultOf(prepared, await runTraining(prepared.machine, prepared, hooks));
}

/** What a training run shows. */
export function resultOf(
  prepared: Prepared,
  { trajectory, controls, weights, steps, seconds, remark }: TrainerResult,
): RunResult {
  const { experiment, machine, kernels, plan, data, inputs, schedule, dataKey } = prepared;
  const final = finalOf(trajectory, schedule);
  const why = reasons(prepared.why, remark);
  const evidence = classify(trajectory, phaseScales(plan, data, inputs));
  return {
    experiment,
    dataset: recordOf(data, dataKey),
    backend: { ...backendRecord(machine, kernels), ...(why && { why }) },
    phase: evidence.phase,
    evidence,
    final,
    dose: doseOf(experiment, final),
    controls,
    timing: { steps, seconds, stepsPerSecond: seconds > 0 ? steps / seconds : 0 },
    trajectory,
    parameters: parametersOf(plan.network, weights),
  };
}
