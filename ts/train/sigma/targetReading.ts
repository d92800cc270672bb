import { largest, least } from "../../analysis/extremes.js";
import type { ControllerSchedule } from "../../experiment/schema.js";
import type { SigmaPoint, TargetReading } from "./sigmaControl.js";

/** What a controller must come as close to its target as, relatively. */
const CLOSE = 0.2;

/** Whether a controller reached its target in the last half of a run. */
export function targetReading(
  { hold, target }: ControllerSchedule,
  points: readonly SigmaPoint[],
): TargetReading {
  const missed = `target ${target} not reached: `;
  if (points.length === 0) {
    const why = `${missed}the run ended before the controller's first step`;
    return { median: null, reached: false, why };
  }
  const late = points.slice(points.length >> 1);
  const read = late.map((point) => point[hold] ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const at = read[read.length >> 1];
  const median = Number.isFinite(at) ? at : null;
  const reached = Math.abs(at / target - 1) <= CLOSE;
  const sigmas = late.map(({ sigma }) => sigma);
  const short = (x: number) => x.toPrecision(3);
  const stayed = median === null ? "has no reading" : `stayed at ${short(median)}`;
  const range = `${short(least(sigmas))} to ${short(largest(sigmas))}`;
  const why = `${missed}${hold} ${stayed}, with sigma from ${range}`;
  return { median, reached, why: reached ? null : why };
}
