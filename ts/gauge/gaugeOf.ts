import { timeScalesOf } from "../probe/timeScales.js";
import { alarmsOf } from "./alarms.js";
import { curvatureOver } from "./curvatureOver.js";
import type { GaugeResult } from "./gaugeResult.js";
import type { GaugeNodes, GaugeRecord } from "./record.js";
import { gaugePhase, trajectoryOf } from "./recordTrajectory.js";
import { verdictOf } from "./verdict.js";

/** Windows at most, and steps in a window at least. */
const WINDOWS = 20;
const FEWEST = 8;

/**
 * Reads the records of a training loop.
 * @param lastSteps number of steps that the curvature now is taken over; default: the last window.
 * @throws InputError if there is no record, or `lastSteps` is below 1.
 */
export function gaugeOf(
  nodes: GaugeNodes,
  records: readonly GaugeRecord[],
  lastSteps?: number,
): GaugeResult {
  const evidence = gaugePhase(nodes, records);
  const windows = windowsOf(records);
  const readings = windows.map((some) => curvatureOver(some));
  const curvature = readings.map(({ value, error }, i) => {
    const steps = windows[i].map(({ step }) => step);
    return { step: steps.reduce((a, b) => a + b, 0) / steps.length, value, error };
  });
  const now =
    lastSteps === undefined ? readings[readings.length - 1] : curvatureOver(records, lastSteps);
  const kappa = nodes.learningRate * nodes.sigma ** 2 * now.value;
  const stableUpTo = now.value > 0 ? 2 / now.value : null;
  const last = records[records.length - 1];
  const addedLoss = (nodes.sigma ** 2 * last.norm ** 2 * now.value) / 2;
  const found = { phase: evidence.phase, evidence, curvature, now, kappa, stableUpTo, addedLoss };
  return {
    ...found,
    timeScales: timeScalesOf(trajectoryOf(records)),
    verdict: verdictOf(nodes, found, last.loss),
    alarms: alarmsOf(nodes, found),
  };
}

function windowsOf(records: readonly GaugeRecord[]): GaugeRecord[][] {
  const count = Math.max(1, Math.min(WINDOWS, Math.floor(records.length / FEWEST)));
  return Array.from({ length: count }, (_, i) => {
    const at = (k: number) => Math.round((k * records.length) / count);
    return records.slice(at(i), at(i + 1));
  });
}
