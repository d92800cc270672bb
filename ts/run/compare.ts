import { type Estimate, estimate } from "../analysis/estimate.js";
import { PHASES, type Phase } from "../analysis/phase.js";
import type { Comparison, ProbeResult } from "./probeResult.js";

/** Allowed for what expansion and fits leave out, on top of the statistical errors. */
const SYSTEMATIC = 0.05;
const SIGMAS = 3;

type Measured = Omit<ProbeResult, "comparisons">;

export function comparisonsOf(result: Measured): Comparison[] {
  return [
    phaseComparison(result),
    timeComparison(result),
    ...pathComparison(result),
    ...readings(result),
    ...fall(result),
  ];
}

/** The phase that the boundaries put a `sigma` in; the divergent one is beyond what they tell. */
export function predictedPhase(
  sigma: number,
  { decay, catapult }: Pick<Measured["prediction"], "decay" | "catapult">,
): Phase {
  if (catapult && sigma >= catapult.value) return "catapult";
  return decay && sigma >= decay.value ? "decay" : "decoupled";
}

function phaseComparison({ experiment, phase, prediction }: Measured): Comparison {
  const predicted = predictedPhase(experiment.noise[0].sigma, prediction);
  const rank = (name: Phase) => PHASES.indexOf(name as (typeof PHASES)[number]);
  // Divergence is a catapult that does not come down: the boundary below it is the same.
  const same = rank(predicted) === Math.min(rank(phase), rank("catapult"));
  return {
    what: "phase, from the curvature at the start",
    predicted,
    measured: phase,
    verdict: phase === "unclassified" ? "not told" : same ? "within" : "outside",
    by: "the same phase",
  };
}

function timeComparison({ prediction, timeScales, timing }: Measured): Comparison {
  const measured = timeScales.passages.niw;
  const predicted = prediction.niwTime;
  const comparison = judged(
    "steps until the noise weights are down to 1/e, from the curvature at the start",
    predicted,
    measured === null ? null : { value: measured, error: 0 },
    0.25,
  );
  // Both say: not within this run.
  const beyond = measured === null && predicted !== null && predicted.value > timing.steps;
  return beyond ? { ...comparison, verdict: "within" } : comparison;
}

function pathComparison({ moments, predictedNorm, phase }: Measured): Comparison[] {
  if (!predictedNorm) return [];
  const { norm, deviation } = predictedNorm;
  const measured = pathError(moments, norm);
  const single = median(norm.map((x, i) => deviation[i] / x).slice(1));
  const within = measured <= Math.max(SYSTEMATIC, 2 * single);
  return [
    {
      what: "norm of the noise weights in time, from what was measured on the way: median relative deviation",
      predicted: { value: 0, error: single },
      measured: { value: measured, error: 0 },
      verdict: phase === "divergent" ? "not told" : within ? "within" : "outside",
      by: `${100 * SYSTEMATIC} %, or two deviations of a single run`,
    },
  ];
}

/** Median of `|predicted / measured - 1|` over the moments after the start. */
export function pathError(
  moments: readonly { readonly niwNorm: number }[],
  predicted: ArrayLike<number>,
): number {
  return median(moments.map(({ niwNorm }, i) => Math.abs(predicted[i] / niwNorm - 1)).slice(1));
}

function median(values: ArrayLike<number>): number {
  const sorted = Array.from(values).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function readings({ moments }: Measured): Comparison[] {
  const [first, last] = [moments[0], moments[moments.length - 1]];
  const antithetic = (name: string, moment: typeof first) => {
    const direct = { value: moment.smoothed, error: moment.smoothedError };
    const what = `curvature read by an antithetic pass, ${name}`;
    return judged(what, direct, moment.antithetic, SYSTEMATIC);
  };
  const seen = moments.filter(({ expansion }) => expansion !== null);
  const byStep = judged(
    "curvature read by step, over the moments",
    exact(estimate(seen.map(({ smoothed }) => smoothed)).value),
    // Differences at the same moments: the curvature's own change in time is no error.
    {
      value: estimate(seen.map(({ expansion }) => expansion?.reading ?? Number.NaN)).value,
      error: estimate(seen.map(({ expansion, smoothed }) => (expansion?.reading ?? 0) - smoothed))
        .error,
    },
    SYSTEMATIC,
  );
  return [antithetic("at the start", first), antithetic("at the end", last), byStep];
}

/**
 * The fall of the norm to 1/e, or as far as it came: as it is, which lacks what diffusion added meanwhile, and with
 * that, as gradients measured on the way tell it.
 */
function fall({ moments, experiment, predictedNorm }: Measured): Comparison[] {
  const [first] = moments;
  const end = moments.findIndex(({ niwNorm }) => niwNorm < first.niwNorm / Math.E);
  const until = end < 1 ? moments.length - 1 : end;
  const { sigma } = experiment.noise[0];
  const time = (moments[until].step - first.step) * experiment.optimizer.learningRate * sigma ** 2;
  const direct = exact(meanOver(moments.slice(0, until + 1)));
  const fallen = Math.log(first.niwNorm / moments[until].niwNorm);
  const read = (reading: string, by: number) =>
    judged(
      `curvature read by ${reading}, over the fall to 1/e`,
      direct,
      time > 0 && predictedNorm
        ? {
            value: by / time,
            error: predictedNorm.deviation[until] / moments[until].niwNorm / time,
          }
        : null,
      0.25,
    );
  const diffused = predictedNorm?.diffused[until] ?? 0;
  return [read("decay", fallen), read("decay and diffusion", fallen + diffused)];
}

/** Mean of the smoothed curvature over time (trapezoids). */
function meanOver(moments: Measured["moments"]): number {
  let area = 0;
  for (let i = 1; i < moments.length; i++) {
    const [a, b] = [moments[i - 1], moments[i]];
    area += ((a.smoothed + b.smoothed) / 2) * (b.step - a.step);
  }
  return area / (moments[moments.length - 1].step - moments[0].step);
}

function exact(value: number): Estimate {
  return { value, error: 0 };
}

/** Whether two numbers agree within three standard errors, or within the part that is allowed. */
function judged(
  what: string,
  predicted: Estimate | null,
  measured: Estimate | null,
  allowed: number,
): Comparison {
  const by = `${SIGMAS} standard errors, or ${100 * allowed} %`;
  if (!predicted || !measured) {
    const same = !predicted && !measured;
    return { what, predicted, measured, verdict: same ? "within" : "not told", by };
  }
  const error = Math.hypot(predicted.error || 0, measured.error || 0);
  const off = Math.abs(measured.value - predicted.value);
  const within = off <= Math.max(SIGMAS * error, allowed * Math.abs(predicted.value));
  const finite = Number.isFinite(off);
  return {
    what,
    predicted,
    measured,
    verdict: finite ? (within ? "within" : "outside") : "not told",
    by,
  };
}
