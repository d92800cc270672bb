import type { TimeScale } from "../analysis/timeScale.js";
import type { TimeScales } from "../probe/probeResult.js";
import type { PageTable } from "../report/page.js";
import { digits } from "./terminal.js";

const NAMES = {
  niw: "noise weights",
  memory: "their memory of the start",
  loss: "training loss",
  unperturbedLoss: "unperturbed loss",
  testLoss: "test loss",
} as const;

/** Decay times with their intervals, or why there are none. */
export function timeScaleTable(
  scales: TimeScales,
  of = Object.keys(NAMES) as (keyof typeof NAMES)[],
): PageTable {
  const row = (name: string, { tau, interval, refused }: TimeScale, passage: number | null) => [
    name,
    digits(tau),
    interval ? `${digits(interval[0])} to ${digits(interval[1])}` : (refused ?? "-"),
    digits(passage),
  ];
  return {
    head: ["time scale, in steps", "fit", "95 %", "first passage"],
    rows: of.map((curve) => row(NAMES[curve], scales[curve], scales.passages[curve])),
  };
}
