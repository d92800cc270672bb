import { CHANGING, exact, judged, type Measured } from "./judged.js";
import type { Comparison } from "./probeResult.js";

/**
 * Curvature from the fall of the norm, to 1/e or as far as it fell: uncorrected, and corrected for diffusion by the gradients
 * measured during training.
 */
export function fallComparisons(result: Measured, batch: number): Comparison[] {
  const { moments, experiment, predictedNorm, phase } = result;
  const [first] = moments;
  const end = moments.findIndex(({ niwNorm }) => niwNorm < first.niwNorm / Math.E);
  const until = end < 1 ? moments.length - 1 : end;
  const { sigma } = experiment.noise[0];
  const time = (moments[until].step - first.step) * experiment.optimizer.learningRate * sigma ** 2;
  const direct = exact(meanOver(moments.slice(0, until + 1)));
  const fallen = Math.log(first.niwNorm / moments[until].niwNorm);
  const falls = phase === "decay" || phase === "decoupled";
  const read = (reading: string, by: number): Comparison => {
    const comparison = judged(
      `curvature read by ${reading}, over its fall, to 1/e at most`,
      direct,
      time > 0 && predictedNorm
        ? {
            value: by / time,
            error: predictedNorm.deviation[until] / moments[until].niwNorm / time,
          }
        : null,
      CHANGING,
    );
    return toldIf(falls, comparison);
  };
  const diffused = predictedNorm?.diffused[until] ?? 0;
  return [
    read("decay", fallen),
    read("decay and diffusion", fallen + diffused),
    fading(result, batch, falls),
  ];
}

/**
 * Curvature from the fall of the memory, to 1/e or as far as it fell, compared with the curvature between the start and the
 * current noise weights. The error is that of a single run, from the diffusion along the start.
 */
function fading({ moments, experiment }: Measured, batch: number, falls: boolean): Comparison {
  const [{ noise, optimizer }, [first]] = [experiment, moments];
  const end = moments.findIndex(({ memory }) => memory < 1 / Math.E);
  const until = end < 1 ? moments.length - 1 : end;
  const [seen, { step, memory }] = [moments.slice(0, until + 1), moments[until]];
  const { learningRate } = optimizer;
  const { sigma } = noise[0];
  const diffusion = area(seen, ({ gradientAlongStart }) => gradientAlongStart);
  const deviation = (learningRate * sigma * Math.sqrt(diffusion / batch)) / first.niwNorm ** 2;
  const time = (step - first.step) * learningRate * sigma ** 2;
  const comparison = judged(
    "curvature read by memory, as it fades to 1/e at most",
    exact(area(seen, ({ alongStart }) => alongStart) / (step - first.step)),
    time > 0 && memory > 0
      ? { value: -Math.log(memory) / time, error: deviation / memory / time }
      : null,
    CHANGING,
  );
  return toldIf(falls, comparison);
}

/** The comparison, with its verdict only in phases in which noise weights simply decay. */
function toldIf(falls: boolean, comparison: Comparison): Comparison {
  if (falls) return comparison;
  const by = "no verdict: in this phase the noise weights do not simply decay";
  return { ...comparison, verdict: "not told", by };
}

/** Mean of the smoothed curvature over time (trapezoids). */
function meanOver(moments: Measured["moments"]): number {
  const steps = moments[moments.length - 1].step - moments[0].step;
  return area(moments, ({ smoothed }) => smoothed) / steps;
}

/** Integral over the steps (trapezoids). */
function area(
  moments: Measured["moments"],
  of: (moment: Measured["moments"][number]) => number,
): number {
  let sum = 0;
  for (let i = 1; i < moments.length; i++) {
    const [a, b] = [moments[i - 1], moments[i]];
    sum += ((of(a) + of(b)) / 2) * (b.step - a.step);
  }
  return sum;
}
