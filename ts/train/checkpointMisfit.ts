import type { Lowered } from "../program/lower.js";
import type { Trajectory } from "../trajectory/trajectory.js";
import type { Checkpoint } from "./checkpoint.js";
import { nextEvaluated, nextRecorded, type Schedule } from "./schedule.js";

type Columns = Readonly<Record<string, Float64Array>>;

/**
 * Why a checkpoint cannot be one of this run: the names and lengths of its buffers, and the steps that it has recorded,
 * follow from the run. Null if it can be.
 * @param recorded the trajectory of the run's recorder that has taken up the checkpoint's.
 * @param own how many numbers of each name the run carries by then.
 */
export function checkpointMisfit(
  { step, buffers, carried, trajectory }: Checkpoint,
  { program }: Lowered,
  schedule: Schedule,
  recorded: Trajectory,
  own: Readonly<Record<string, number>>,
): string | null {
  if (!(Number.isInteger(step) && step > 0 && step < schedule.steps)) {
    return `it was saved after ${step} updates, and the run makes ${schedule.steps}`;
  }
  const state = Object.keys(program.buffers).filter((name) => /^(weights|velocity)\./.test(name));
  for (const name of new Set([...state, ...Object.keys(buffers)])) {
    const [length, wanted] = [buffers[name]?.length ?? 0, program.buffers[name]?.length ?? 0];
    if (length !== wanted) return `${name} has ${length} numbers, and the run's has ${wanted}`;
  }
  for (const name of new Set([...Object.keys(own), ...Object.keys(carried)])) {
    const [length, wanted] = [carried[name]?.length ?? 0, own[name] ?? 0];
    if (length !== wanted) {
      return `its carried ${name} has ${length} numbers, and the run's has ${wanted}`;
    }
  }
  const { steps, evaluations } = trajectory;
  return (
    columnMisfit("steps", steps, recorded.steps, schedule, nextRecorded, step - 1) ??
    columnMisfit("evaluations", evaluations, recorded.evaluations, schedule, nextEvaluated, step)
  );
}

/** @param last the last step that may have been recorded. */
function columnMisfit(
  part: string,
  given: Columns,
  recorded: Columns,
  schedule: Schedule,
  next: (schedule: Schedule, step: number) => number,
  last: number,
): string | null {
  let row = 0;
  for (let step = 0; step <= last; step = next(schedule, step)) {
    if (given.step[row++] !== step) return `${part}.step has no row of step ${step}`;
  }
  if (given.step.length > row) return `${part}.step goes on after the checkpoint's step`;
  for (const [name, { length }] of Object.entries(recorded)) {
    if (given[name].length !== length) return `${part}.${name} does not have ${length} rows`;
  }
  return null;
}
