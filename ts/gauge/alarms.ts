import { NIW_OVERSHOOT } from "../analysis/phaseNumbers.js";
import type { CurvaturePoint, GaugeResult } from "./gaugeResult.js";
import type { GaugeNodes } from "./record.js";
import { short, withError } from "./verdict.js";

/** Fraction of the stable range beyond which the noise weights, or the layer, are close to its end. */
const CLOSE = 0.75;
/** A rise over the last of so many parts of the record counts beyond so many standard errors, and beyond so large a factor. */
const RISE = { part: 4, errors: 3, factor: 1.25 };

/** What a person should look at, a sentence each. */
export function alarmsOf(
  { learningRate, trainingRate = learningRate }: GaugeNodes,
  {
    phase,
    evidence,
    curvature,
    now,
    kappa,
  }: Pick<GaugeResult, "phase" | "evidence" | "curvature" | "now" | "kappa">,
): string[] {
  const alarms: string[] = [];
  if (phase === "divergent") alarms.push(`training diverges: ${evidence.reason}`);
  const sure = now.value - 2 * (now.error || 0);
  if (learningRate > 0 && kappa >= 2 * CLOSE && sure > 0) {
    alarms.push(
      `kappa is ${short(kappa)} of 2: the noise weights are ${kappa < 2 ? "close to their" : "past their"} instability, and a spike of the loss may come`,
    );
  }
  if (learningRate > 0 && phase !== "divergent" && evidence.niwOvershoot > NIW_OVERSHOOT.memory) {
    alarms.push(`the noise weights rose to ${short(evidence.niwOvershoot)} of their start`);
  }
  if (trainingRate > 0) alarms.push(...layerAlarms(trainingRate, curvature, sure));
  return alarms;
}

/** The layer's own curvature against `2 / eta`: there now, or rising towards it. */
function layerAlarms(rate: number, curvature: readonly CurvaturePoint[], sure: number): string[] {
  const limit = 2 / rate;
  const last = curvature[curvature.length - 1];
  if (sure > CLOSE * limit) {
    return [
      `the curvature along the noise, ${withError(last.value, last.error)}, is at ${short(last.value / limit)} of 2/eta = ${short(limit)}: steps of the layer are ${last.value < limit ? "close to unstable" : "unstable"}`,
    ];
  }
  const back = Math.max(2, Math.floor(curvature.length / RISE.part));
  const before = curvature[curvature.length - 1 - back];
  if (!before || !(before.value > 0)) return [];
  const rise = last.value / before.value;
  const apart = (last.value - before.value) / Math.hypot(last.error, before.error);
  if (!(rise > RISE.factor && apart > RISE.errors)) return [];
  const rateOfRise = Math.log(rise) / (last.step - before.step);
  const left = Math.log(limit / last.value) / rateOfRise;
  return [
    `the curvature along the noise rose from ${withError(before.value, before.error)} to ${withError(last.value, last.error)} in ${short(last.step - before.step)} steps; at this pace it reaches 2/eta = ${short(limit)} in about ${short(left)} steps`,
  ];
}
