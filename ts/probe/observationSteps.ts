import type { Schedule } from "../train/schedule.js";

/**
 * The steps at which to observe a run: steps 0, 1, 2, 4, ... of the first epoch; then each epoch, or every few epochs if there
 * are more than `most`; and the end.
 * @param wanted if given, observe only the start, the end, and before these updates.
 */
export function observationSteps(
  { steps, stepsPerEpoch }: Schedule,
  most: number,
  wanted?: readonly number[],
): number[] {
  const chosen = new Set([0, steps]);
  if (wanted) {
    for (const step of wanted) if (step <= steps) chosen.add(step);
    return [...chosen].sort((a, b) => a - b);
  }
  for (let step = 1; step < Math.min(stepsPerEpoch, steps); step *= 2) chosen.add(step);
  const every = Math.max(1, Math.ceil(steps / stepsPerEpoch / most)) * stepsPerEpoch;
  for (let step = every; step < steps; step += every) chosen.add(step);
  return [...chosen].sort((a, b) => a - b);
}
