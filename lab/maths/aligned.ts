import type { Trajectory } from "../../ts/trajectory/trajectory.js";
import { type StepReading, smoothed } from "./run/stepReading.js";

/** A column of a plot: null where there is no number that a logarithmic axis can show. */
export type Column = (number | null)[];

/** Curves of a run over the same steps. The first step is 1, because a logarithmic axis has no 0. */
export interface Curves {
  readonly x: number[];
  readonly loss: Column;
  readonly unperturbedLoss: Column;
  readonly testLoss: Column;
  /** `|W_NI|` over its start. */
  readonly niwNorm: Column;
  readonly memory: Column;
  /** `|alpha w2^T W_NI|` of the linear model over its start; empty for other networks. */
  readonly effective: Column;
  /** `lambda` of the linear model; empty for other networks. */
  readonly lambda: Column;
  readonly reading: Column;
}

/** Readings that are averaged for one point of the curve. */
const WINDOW = 8;

/** @param rate `eta sigma^2`. */
export function curvesOf(
  { steps, evaluations }: Trajectory,
  readings: readonly StepReading[],
  rate: number,
): Curves {
  const means = smoothed(readings, WINDOW);
  const x = [
    ...new Set([
      ...steps.step,
      ...evaluations.step.filter(Number.isFinite),
      ...means.map((r) => r.step),
    ]),
  ].sort((a, b) => a - b);
  const rows = new Map(x.map((step, i) => [step, i]));
  const column = (at: ArrayLike<number>, values: ArrayLike<number>, over = 1): Column => {
    const filled: Column = new Array(x.length).fill(null);
    for (let i = 0; i < values.length; i++) {
      const value = values[i] / over;
      const row = rows.get(at[i]);
      if (row !== undefined && Number.isFinite(value) && value > 0) filled[row] = value;
    }
    return filled;
  };
  return {
    x: x.map((step) => step + 1),
    loss: column(steps.step, steps.loss),
    unperturbedLoss: column(evaluations.step, evaluations.unperturbedLoss),
    testLoss: column(evaluations.step, evaluations.testLoss),
    niwNorm: column(steps.step, steps.niwNorm, steps.niwNorm[0]),
    memory: column(steps.step, steps.memory),
    effective: column(steps.step, steps.effectiveNiw, steps.effectiveNiw[0]),
    lambda: column(steps.step, steps.kappa, rate),
    reading: column(
      means.map(({ step }) => step),
      means.map(({ value }) => value),
    ),
  };
}
