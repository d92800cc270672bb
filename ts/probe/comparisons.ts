import { type Estimate, estimate } from "../analysis/estimate.js";
import { PHASES, type Phase } from "../analysis/phase.js";
import { STANDARD_ERRORS, type Verdict, verdictOf } from "../analysis/verdict.js";
import type { Comparison, ProbeResult } from "./probeResult.js";

/** Relative tolerance for what expansion and fits leave out, besides the statistical errors. */
export const SYSTEMATIC = 0.05;
/** The same if the curvature at the start, or a mean, replaces one that changes. */
const CHANGING = 0.25;
/** The linear model's noise weight is compared down to this part of its start; below, float32 cannot represent it. */
const FOLLOWED = 1e-4;

/** Curvatures below this part of the start's may be rounding errors of float32. */
const ROUNDED = 1e-6;

type Measured = Omit<ProbeResult, "comparisons">;
type Boundaries = Pick<Measured["prediction"], "decay" | "catapult" | "divergent">;

/** @param batch samples a step. */
export function comparisonsOf(result: Measured, batch: number): Comparison[] {
  return [
    phaseComparison(
      result.experiment.noise[0].sigma,
      result.phase,
      result.prediction,
      isPlain(result),
    ),
    timeComparison(result),
    ...(result.linear ? exactPath(result, result.linear) : pathComparison(result)),
    ...readings(result),
    // In the linear model the norm keeps its part orthogonal to w2, so its decay tells nothing.
    ...(result.linear ? [] : fall(result, batch)),
  ];
}

/** Whether the optimiser is plain gradient descent: the theory covers nothing else. */
export function isPlain({ experiment: { optimizer } }: Pick<Measured, "experiment">): boolean {
  return optimizer.momentum === 0 && optimizer.weightDecay === 0;
}

const PLAIN_ONLY = "no verdict: the theory covers plain SGD only";

/** The phase of a `sigma` by the boundaries, each moved up by `errors` of its standard errors. */
export function predictedPhase(
  sigma: number,
  { decay, catapult, divergent }: Partial<Boundaries>,
  errors = 0,
): Phase {
  const beyond = (boundary: Estimate | null | undefined) =>
    !!boundary && sigma >= boundary.value + errors * (boundary.error || 0);
  if (beyond(divergent)) return "divergent";
  if (beyond(catapult)) return "catapult";
  return beyond(decay) ? "decay" : "decoupled";
}

/** Compares phases. If no boundary of divergence is known, a divergent run counts as in the catapult phase. */
export function phaseComparison(
  sigma: number,
  phase: Phase,
  boundaries: Partial<Boundaries>,
  plain: boolean,
): Comparison {
  const rank = (name: Phase) => PHASES.indexOf(name as (typeof PHASES)[number]);
  const highest = boundaries.divergent ? "divergent" : "catapult";
  const seen = Math.min(rank(phase), rank(highest));
  const [low, high] = [STANDARD_ERRORS, -STANDARD_ERRORS].map((errors) =>
    rank(predictedPhase(sigma, boundaries, errors)),
  );
  const same = low <= seen && seen <= high;
  return {
    what: "phase, from the curvature at the start",
    predicted: predictedPhase(sigma, boundaries),
    measured: phase,
    verdict: !plain || phase === "unclassified" ? "not told" : same ? "within" : "outside",
    by: plain
      ? `the same phase, with the boundaries moved by up to ${STANDARD_ERRORS} of their errors`
      : PLAIN_ONLY,
  };
}

function timeComparison(result: Measured): Comparison {
  const { prediction, timeScales, timing, linear, phase } = result;
  const { niw, effectiveNiw } = timeScales.passages;
  const passage = linear ? effectiveNiw : niw;
  const measured = passage === null ? null : exact(passage);
  const predicted = prediction.niwTime;
  const what = linear
    ? "steps until the effective noise weight has fallen to 1/e, by the recursion"
    : "steps until the noise weights have fallen to 1/e, from the curvature at the start";
  const allowed = linear ? SYSTEMATIC : CHANGING;
  const told = isPlain(result) && !(linear && linear.kappa >= 2) && phase !== "divergent";
  // If neither reaches 1/e within the run, they agree.
  const beyond = predicted === null || predicted.value > timing.steps;
  const verdict = (): Verdict => {
    if (predicted && measured) return verdictOf(predicted, measured, allowed);
    if (measured === null) return beyond ? "within" : "outside";
    return "outside";
  };
  return {
    what,
    predicted,
    measured,
    verdict: told ? verdict() : "not told",
    by: byOf(allowed, told),
  };
}

function byOf(allowed: number, told = true): string {
  return told
    ? `${STANDARD_ERRORS} standard errors, or ${100 * allowed} %`
    : "no verdict: holds below the catapult, for plain SGD";
}

function pathComparison({ moments, predictedNorm, phase }: Measured): Comparison[] {
  if (!predictedNorm) return [];
  const { norm, deviation } = predictedNorm;
  const measured = pathError(moments, norm);
  const single = median(norm.map((x, i) => deviation[i] / x).slice(1));
  const within = measured <= Math.max(SYSTEMATIC, 2 * single);
  return [
    {
      what: "norm of the noise weights over time, from measurements during training: median relative deviation",
      predicted: { value: 0, error: single },
      measured: exact(measured),
      verdict:
        phase === "divergent" || !Number.isFinite(measured)
          ? "not told"
          : within
            ? "within"
            : "outside",
      by: `${100 * SYSTEMATIC} %, or two standard deviations of a single run`,
    },
  ];
}

/** Compares the linear model's run by the exact recursion with the run of the network. */
function exactPath(
  { trajectory: { steps } }: Measured,
  { exact: own }: NonNullable<Measured["linear"]>,
): Comparison[] {
  const ratios = Array.from(steps.step, (step, i) => [
    own.effectiveNiw[step],
    steps.effectiveNiw[i],
  ])
    .filter(
      ([a, b]) => Number.isFinite(a) && Number.isFinite(b) && a > FOLLOWED * own.effectiveNiw[0],
    )
    .map(([a, b]) => Math.abs(b / a - 1));
  const measured = median(ratios);
  return [
    {
      what: "effective noise weight over time, by the exact recursion: median relative deviation",
      predicted: exact(0),
      measured: exact(measured),
      verdict: Number.isFinite(measured)
        ? measured <= SYSTEMATIC
          ? "within"
          : "outside"
        : "not told",
      by: `${100 * SYSTEMATIC} %, down to ${FOLLOWED} of the start`,
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

function readings({ moments, repeats }: Measured): Comparison[] {
  const [first, last] = [moments[0], moments[moments.length - 1]];
  const antithetic = (name: string, moment: typeof first): Comparison => {
    const direct = { value: moment.smoothed, error: moment.smoothedError };
    const what = `curvature read by an antithetic pass, ${name}`;
    const comparison = judged(what, direct, moment.antithetic, SYSTEMATIC, repeats);
    return Math.abs(moment.smoothed) > ROUNDED * Math.abs(first.smoothed)
      ? comparison
      : {
          ...comparison,
          verdict: "not told",
          by: "no verdict: float32 cannot resolve so small a curvature",
        };
  };
  const seen = moments.filter(({ expansion }) => expansion !== null);
  const byStep = judged(
    "curvature read by step, over the moments",
    exact(estimate(seen.map(({ smoothed }) => smoothed)).value),
    // The error comes from differences at the same moments, because the change of the curvature over time is no error.
    {
      value: estimate(seen.map(({ expansion }) => expansion?.reading ?? Number.NaN)).value,
      error: estimate(seen.map(({ expansion, smoothed }) => (expansion?.reading ?? 0) - smoothed))
        .error,
    },
    SYSTEMATIC,
    seen.length,
  );
  return [antithetic("at the start", first), antithetic("at the end", last), byStep];
}

/**
 * Curvature from the fall of the norm, to 1/e or as far as it fell: uncorrected, and corrected for diffusion by the gradients
 * measured during training.
 */
function fall(result: Measured, batch: number): Comparison[] {
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
    return falls
      ? comparison
      : {
          ...comparison,
          verdict: "not told",
          by: "no verdict: in this phase the noise weights do not simply decay",
        };
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
  return falls
    ? comparison
    : {
        ...comparison,
        verdict: "not told",
        by: "no verdict: in this phase the noise weights do not simply decay",
      };
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

function exact(value: number): Estimate {
  return { value, error: 0 };
}

/** @param count values that the measured error comes from. */
function judged(
  what: string,
  predicted: Estimate,
  measured: Estimate | null,
  allowed: number,
  count?: number,
): Comparison {
  const verdict = measured ? verdictOf(predicted, measured, allowed, count) : "not told";
  return { what, predicted, measured, verdict, by: byOf(allowed) };
}
