import type { Trajectory } from "../../trajectory/trajectory.js";
import type { Schedule } from "../schedule.js";

/** The numbers at a run's end; NaN where there is nothing to measure (no test set, no classes, no noise). */
export interface Final {
  /** Training loss with noise: the mean over the recorded steps of the last epoch. */
  readonly loss: number;
  /** Training loss with `eps = 0`. */
  readonly unperturbedLoss: number;
  /** Test loss with `eps = 0`. */
  readonly testLoss: number;
  /** Fraction correct of the training samples with `eps = 0`. */
  readonly trainAccuracy: number;
  /** Fraction correct of the test samples with `eps = 0`. */
  readonly testAccuracy: number;
  /** `|W_NI|` over all noise groups. */
  readonly niwNorm: number;
  /** `<W_NI, W_NI(0)> / |W_NI(0)|^2`. */
  readonly memory: number;
  /** Root mean square of the noise in the outputs, over `sigma`: see `Trajectory`. */
  readonly effectiveNiw: number;
  /** The dose paid, and what the noise weights account for of it: see `Trajectory`. */
  readonly dosePaid: number;
  /** `(|W_NI(0)|^2 - |W_NI|^2 + eta^2 sum |g|^2) / (4 eta)`. */
  readonly doseBudget: number;
}

export function finalOf({ steps, evaluations }: Trajectory, { stepsPerEpoch }: Schedule): Final {
  const end = evaluations.step.length - 1;
  const since = evaluations.step[end] - stepsPerEpoch;
  const last = steps.loss.length - 1;
  let sum = 0;
  let count = 0;
  for (let i = last; i >= 0 && (i === last || steps.step[i] >= since); i--) {
    sum += steps.loss[i];
    count++;
  }
  return {
    loss: sum / count,
    unperturbedLoss: evaluations.unperturbedLoss[end],
    testLoss: evaluations.testLoss[end],
    trainAccuracy: evaluations.trainAccuracy[end],
    testAccuracy: evaluations.testAccuracy[end],
    niwNorm: evaluations.niwNorm[end],
    memory: evaluations.memory[end],
    effectiveNiw: evaluations.effectiveNiw[end],
    dosePaid: evaluations.dosePaid[end],
    doseBudget: evaluations.doseBudget[end],
  };
}
