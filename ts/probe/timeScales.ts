import { firstPassage, fitDecay } from "../analysis/timeScale.js";
import type { Trajectory } from "../trajectory/trajectory.js";
import type { TimeScales } from "./probeResult.js";

/**
 * The decay times of a trajectory's curves, in steps (theory, section 4). They suppose constant noise: under a schedule of `sigma` no
 * curve has one decay time.
 */
export function timeScalesOf({ steps, evaluations }: Trajectory): TimeScales {
  const lowest = (y: Float64Array) => y.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const { step, unperturbedLoss, testLoss } = evaluations;
  return {
    niw: fitDecay(steps.step, steps.niwNorm),
    memory: fitDecay(steps.step, steps.memory, "floorless"),
    loss: fitDecay(steps.step, steps.loss, "proportional"),
    unperturbedLoss: fitDecay(step, unperturbedLoss, "proportional"),
    testLoss: fitDecay(step, testLoss, "proportional"),
    passages: {
      niw: firstPassage(steps.step, steps.niwNorm, 0),
      memory: firstPassage(steps.step, steps.memory, 0),
      effectiveNiw: firstPassage(steps.step, steps.effectiveNiw, 0),
      loss: firstPassage(steps.step, steps.loss, lowest(steps.loss)),
      unperturbedLoss: firstPassage(step, unperturbedLoss, lowest(unperturbedLoss)),
      testLoss: firstPassage(step, testLoss, lowest(testLoss)),
    },
  };
}
