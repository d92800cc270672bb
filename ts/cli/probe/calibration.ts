import { type Calibration, calibrate } from "../../analysis/calibration.js";
import type { Estimate } from "../../analysis/estimate.js";
import type { Comparison, ProbeResult } from "../../probe/probeResult.js";
import type { ReadPoint } from "../../report/calibration.js";
import type { PageTable } from "../../report/page.js";
import { digits } from "../terminal.js";

/** The fewest runs that make a calibration. */
export const CALIBRATED = 3;

export const HEADINGS = {
  antithetic: "antithetic passes",
  step: "by step",
  decay: "by decay",
  drift: "by decay and diffusion",
  memory: "by memory",
} as const;

export type Reading = keyof typeof HEADINGS;
export type Calibrations = Readonly<Record<Reading, Calibration>>;

interface SeededPoint extends ReadPoint {
  readonly seed: number;
}

/** Readings beside the smoothed curvature: antithetic at both ends of each run, the others one a run. */
export function readingsOf(results: readonly ProbeResult[]): Record<Reading, SeededPoint[]> {
  const of = (what: RegExp) =>
    results.map(({ comparisons, experiment: { seed } }) => ({
      ...readPoint(comparisons, what),
      seed,
    }));
  return {
    antithetic: results.flatMap(({ moments, experiment: { seed } }) =>
      [moments[0], moments[moments.length - 1]].map(({ smoothed, antithetic }) => ({
        direct: smoothed,
        reading: antithetic.value,
        error: antithetic.error,
        seed,
      })),
    ),
    step: of(/by step/),
    decay: of(/by decay,/),
    drift: of(/by decay and diffusion/),
    memory: of(/by memory/),
  };
}

function readPoint(comparisons: readonly Comparison[], what: RegExp): ReadPoint {
  const found = comparisons.find((comparison) => what.test(comparison.what));
  const [direct, reading] = [found?.predicted as Estimate, found?.measured as Estimate];
  return { direct: direct?.value, reading: reading?.value, error: reading?.error };
}

/** How well each reading agrees with the curvature; null over too few runs. */
export function calibrationsOf(results: readonly ProbeResult[]): Calibrations | null {
  if (results.length < CALIBRATED) return null;
  const readings = readingsOf(results);
  const of = (name: Reading) => {
    const points = readings[name];
    return calibrate(
      points.map(({ direct }) => direct),
      points.map(({ reading }) => reading),
      points.map(({ seed }) => seed),
    );
  };
  return {
    antithetic: of("antithetic"),
    step: of("step"),
    decay: of("decay"),
    drift: of("drift"),
    memory: of("memory"),
  };
}

/** The calibrations in numbers, one reading a row. */
export function calibrationTable(calibration: Calibrations): PageTable {
  return {
    head: ["reading", "points", "slope", "R²", "bias"],
    rows: (Object.keys(HEADINGS) as Reading[]).map((name) => {
      const { runs, slope, slopeError, rSquared, bias, biasError } = calibration[name];
      return [
        HEADINGS[name],
        String(runs),
        `${digits(slope)} ± ${digits(slopeError)}`,
        digits(rSquared),
        `${digits(100 * bias)} ± ${digits(100 * biasError)} %`,
      ];
    }),
  };
}
