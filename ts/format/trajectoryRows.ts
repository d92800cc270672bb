import type { Trajectory } from "../trajectory/trajectory.js";

/** A step and what was measured there; null: nothing. */
export interface TrajectoryRow {
  readonly step: number;
  readonly epoch: number;
  readonly loss: number | null;
  readonly niwNorm: number | null;
  readonly effectiveNiw: number | null;
  readonly kappa: number | null;
  readonly memory: number | null;
  readonly kick: number | null;
  readonly dosePaid: number | null;
  readonly doseBudget: number | null;
  readonly unperturbedLoss: number | null;
  readonly trainAccuracy: number | null;
  readonly testLoss: number | null;
  readonly testAccuracy: number | null;
}

const EMPTY: Omit<TrajectoryRow, "step" | "epoch"> = {
  loss: null,
  niwNorm: null,
  effectiveNiw: null,
  kappa: null,
  memory: null,
  kick: null,
  dosePaid: null,
  doseBudget: null,
  unperturbedLoss: null,
  trainAccuracy: null,
  testLoss: null,
  testAccuracy: null,
};

/** Steps and evaluations joined by step: both tell the state after `step` updates. */
export function trajectoryRows({ steps, evaluations }: Trajectory): TrajectoryRow[] {
  const last = evaluations.step.length - 1;
  const stepsPerEpoch = evaluations.step[last] / evaluations.epoch[last];
  const rows = new Map<number, TrajectoryRow>();
  const merge = (
    columns: Readonly<Record<string, Float64Array>>,
    measured: (value: number) => boolean,
  ) => {
    const names = Object.keys(columns).filter((name) => columns[name].length > 0);
    columns.step.forEach((step, i) => {
      const entries = names.map((name) => [name, columns[name][i]] as const);
      const values = Object.fromEntries(entries.filter(([, value]) => measured(value)));
      rows.set(step, { ...EMPTY, ...rows.get(step), ...values, step, epoch: step / stepsPerEpoch });
    });
  };
  // A step keeps NaN, which arithmetic produced; in an evaluation NaN mostly means that there is no test set.
  merge(steps, () => true);
  merge(evaluations, (value) => !Number.isNaN(value));
  return [...rows.values()].sort((a, b) => a.step - b.step);
}
