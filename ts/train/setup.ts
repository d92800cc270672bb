import type { Dataset } from "../data/dataset.js";
import type { Plan } from "../program/workspace.js";
import type { RunInputs } from "./inputs.js";
import type { Schedule } from "./schedule.js";

/** Everything that a training run's numbers depend on, except the machine that computes them. */
export interface Setup {
  /** @internal */
  readonly plan: Plan;
  /** @internal */
  readonly data: Dataset;
  /** @internal */
  readonly inputs: RunInputs;
  /** @internal */
  readonly schedule: Schedule;
}
