import { judge } from "../analysis/classify.js";
import { lengthOf } from "../analysis/extremes.js";
import { PHASES, type Phase } from "../analysis/phase.js";
import { type PhaseScales, WITHOUT_MEMORY } from "../analysis/phaseNumbers.js";
import {
  effectiveNiw,
  type LinearMoments,
  lambda,
  loss,
  populationMoments,
  step,
} from "../theory/linear.js";
import { type LinearBoundaries, linearBoundaries } from "../theory/linearBoundaries.js";
import type { LinearStart } from "./linearStart.js";

/** Relative precision of the boundaries. */
const PRECISION = 0.003;
/** The search covers this factor below and above the leading-order boundary. */
const WITHIN = 2;
/** A run whose loss exceeds this does not recover. */
const LOST = 1e100;

/**
 * The linear model's boundaries by the exact recursion in population, from a run's own start: the `sigma` at which the
 * phase of a run without sampling noise changes, by the thresholds of the classifier. To leading order in the width they
 * equal `linearBoundaries`. A network of a hundred units differs from these by several per cent, because `lambda` moves
 * while it learns.
 */
export function recursionBoundaries(
  start: LinearStart,
  learningRate: number,
  steps: number,
): LinearBoundaries {
  const leading = linearBoundaries(
    learningRate,
    steps,
    lambda(start.state, start.inputs, start.alpha),
  );
  const from = (name: keyof LinearBoundaries): number => {
    const rank = PHASES.indexOf(name);
    const beyond = (sigma: number) =>
      PHASES.indexOf(
        populationPhase(start, learningRate, sigma, steps) as (typeof PHASES)[number],
      ) >= rank;
    let [low, high] = [leading[name] / WITHIN, leading[name] * WITHIN];
    // A start with a noise weight that is small by chance may have no such boundary.
    if (beyond(low) || !beyond(high)) return leading[name];
    while (high > low * (1 + PRECISION)) {
      const middle = Math.sqrt(low * high);
      if (beyond(middle)) high = middle;
      else low = middle;
    }
    return Math.sqrt(low * high);
  };
  return { decay: from("decay"), catapult: from("catapult"), divergent: from("divergent") };
}

function populationPhase(
  { state: start, alpha, inputs, sigmaX, slopes, nodes, scales }: LinearStart,
  learningRate: number,
  sigma: number,
  steps: number,
): Phase {
  const moments: LinearMoments = populationMoments(slopes, sigmaX, sigma, nodes);
  const size = (state: typeof start) => lengthOf(effectiveNiw(state, inputs, alpha));
  let state = start;
  let lossNow = loss(state, moments, alpha);
  const first = { loss: lossNow, niw: size(state) };
  const most = { ...first };
  for (let t = 1; t < steps && lossNow < LOST; t++) {
    state = step(state, moments, learningRate, alpha);
    lossNow = loss(state, moments, alpha);
    most.loss = Math.max(most.loss, lossNow);
    most.niw = Math.max(most.niw, size(state));
  }
  const own: PhaseScales = { ...scales, loss: scales.loss + 0.5 * (sigma * scales.niw) ** 2 };
  const numbers = {
    finite: lossNow < LOST,
    lossStart: first.loss,
    lossMax: most.loss,
    lossEnd: lossNow,
    niwStart: first.niw,
    niwMax: most.niw,
    niwPeak: most.niw,
    niwEnd: size(state),
    ...WITHOUT_MEMORY,
  };
  return judge(numbers, own).phase;
}
