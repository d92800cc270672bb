import type { Comparison, ProbeResult } from "../probe/probeResult.js";
import type { PageTable } from "../report/page.js";
import { digits } from "./terminal.js";

/** A number with its error, or a word; "none" for null. */
export function shown(value: Comparison["predicted"]): string {
  if (value === null) return "none";
  if (typeof value === "string") return value;
  return value.error > 0 ? `${digits(value.value)} ± ${digits(value.error)}` : digits(value.value);
}

/** Predictions beside measurements, with their verdicts. */
export function comparisonTable(comparisons: readonly Comparison[]): PageTable {
  return {
    head: ["", "predicted, or direct", "measured, or read", "verdict", "criterion"],
    rows: comparisons.map(({ what, predicted, measured, verdict, by }) => [
      what,
      shown(predicted),
      shown(measured),
      verdict,
      by,
    ]),
  };
}

/** The predictions from the state at the start. */
export function predictionTable({
  prediction,
  boundaries,
  forecast,
}: Pick<ProbeResult, "prediction" | "boundaries" | "forecast">): PageTable {
  const { decay, decayPointwise, catapult, catapultPointwise } = prediction;
  const { hMax, smoothedMax, modes } = prediction;
  const [fastest] = modes;
  const forecasts = forecast
    ? [
        [
          "sigma from which the noise weights forget their start, forecast",
          shown(boundaries.decay),
        ],
        ["sigma from which there is a catapult, forecast", shown(boundaries.catapult)],
      ]
    : [];
  return {
    head: ["from the start", "predicted"],
    rows: [
      ...forecasts,
      ["sigma from which training diverges", shown(boundaries.divergent)],
      ["sigma from which the noise weights decay, by the smoothed curvature", shown(decay)],
      ["the same, by the pointwise curvature", shown(decayPointwise)],
      ["sigma from which there is a catapult, by the smoothed curvature", shown(catapult)],
      ["the same, by the pointwise curvature", shown(catapultPointwise)],
      ["largest curvature, pointwise", shown(hMax)],
      ["largest curvature, smoothed over the noise's reach", shown(smoothedMax)],
      ["shortest decay time of a direction, in steps", fastest ? digits(fastest.tau) : "none"],
    ],
  };
}
