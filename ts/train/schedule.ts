import type { Experiment } from "../experiment/schema.js";
import type { Plan } from "../program/workspace.js";

/** When a run ends, and what is recorded of it. */
export interface Schedule {
  /** Updates in an epoch; an incomplete last batch is left out. */
  readonly stepsPerEpoch: number;
  /** Updates in the whole run. */
  readonly steps: number;
  /** The first so many steps are all recorded, then one in `every`. */
  readonly dense: number;
  readonly every: number;
  /** Epochs between evaluations. */
  readonly evaluateEvery: number;
  /** Updates from the start within which there are evaluations in between. */
  readonly evaluateEarly: number;
  readonly stop: { readonly trainAccuracy?: number; readonly loss?: number };
  /** Whether the run ends when a number leaves the finite range. A replay of another implementation does not. */
  readonly endsWhenDiverged: boolean;
}

export function scheduleOf({ epochs, steps, record, stop }: Experiment, plan: Plan): Schedule {
  const stepsPerEpoch = Math.floor(plan.trainRows / plan.batch);
  return {
    stepsPerEpoch,
    steps: steps ?? (epochs ?? 0) * stepsPerEpoch,
    dense: record.dense,
    every: record.every ?? stepsPerEpoch,
    evaluateEvery: record.evaluateEvery,
    evaluateEarly: record.evaluateEarly ?? 0,
    stop,
    endsWhenDiverged: true,
  };
}

export function isRecorded({ dense, every }: Schedule, step: number): boolean {
  return step < dense || step % every === 0;
}

/** The first step after `step` that is recorded. */
export function nextRecorded({ dense, every }: Schedule, step: number): number {
  return step + 1 < dense ? step + 1 : every * Math.floor(step / every + 1);
}

/** Whether an evaluation is due after so many updates, at the end of an epoch. */
export function isEvaluated({ stepsPerEpoch, evaluateEvery }: Schedule, step: number): boolean {
  return step % (stepsPerEpoch * evaluateEvery) === 0;
}

/** The first early evaluation after `step` updates. Each comes a quarter later than the one before, at least one step. */
export function nextEarly({ evaluateEarly }: Schedule, step: number): number {
  let next = 1;
  while (next <= step) next = Math.max(next + 1, Math.floor(1.25 * next));
  return next <= evaluateEarly ? next : Number.POSITIVE_INFINITY;
}

/** The first evaluation after more than `step` updates, in a run that neither ends nor diverges before. */
export function nextEvaluated(schedule: Schedule, step: number): number {
  const epochs = schedule.stepsPerEpoch * schedule.evaluateEvery;
  return Math.min(nextEarly(schedule, step), epochs * Math.floor(step / epochs + 1));
}

/** Whether an evaluation meets one of the conditions on which the run stops. */
export function isReached(
  stop: Schedule["stop"],
  { trainAccuracy, unperturbedLoss }: { trainAccuracy: number; unperturbedLoss: number },
): boolean {
  return (
    (stop.trainAccuracy !== undefined && trainAccuracy >= stop.trainAccuracy) ||
    (stop.loss !== undefined && unperturbedLoss <= stop.loss)
  );
}
