import { type Estimate, estimate } from "../analysis/estimate.js";
import { PHASES, type Phase } from "../analysis/phase.js";
import { STANDARD_ERRORS, type Verdict, verdictOf } from "../analysis/verdict.js";
import { jacobianOnNoise } from "../experiment/smooth.js";
import { fallComparisons } from "./fallComparisons.js";
import { byOf, CHANGING, exact, judged, type Measured, SYSTEMATIC } from "./judged.js";
import type { Comparison } from "./probeResult.js";

/** The linear model's noise weight is compared down to this part of its start; below, float32 cannot represent it. */
const FOLLOWED = 1e-4;

/** Curvatures below this part of the start's may be rounding errors of float32. */
const ROUNDED = 1e-6;

type Boundaries = Measured["boundaries"];

/** @param batch samples a step. */
export function comparisonsOf(result: Measured, batch: number): Comparison[] {
  return [
    phaseComparison(
      result.experiment.noise[0].sigma,
      result.phase,
      result.boundaries,
      isPlain(result),
    ),
    timeComparison(result),
    ...(result.linear ? exactPath(result, result.linear) : pathComparison(result)),
    ...readings(result),
    // In the linear model the norm keeps its part orthogonal to w2, so its decay tells nothing.
    ...(result.linear ? [] : fallComparisons(result, batch)),
  ];
}

/** Whether plain gradient descent of the loss alone moves the noise weights: the theory covers nothing else. */
export function isPlain({ experiment }: Pick<Measured, "experiment">): boolean {
  const { momentum, weightDecay } = experiment.optimizer;
  return momentum === 0 && weightDecay === 0 && jacobianOnNoise(experiment) === 0;
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
    what: "phase, by the predicted boundaries",
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
