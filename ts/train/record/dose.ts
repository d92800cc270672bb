import type { Experiment } from "../../experiment/schema.js";
import { jacobianOnNoise } from "../../experiment/smooth.js";
import type { Final } from "./final.js";

/** What a run's noise nodes cost its loss (theory, section 5; arXiv:2210.15764). */
export interface Dose {
  /** `sum <W_NI, g> / 2` over all updates: to second order, the sum of what the noise added to each batch's loss. */
  readonly paid: number;
  /** `(|W_NI(0)|^2 - |W_NI|^2 + eta^2 sum |g|^2) / (4 eta)`: what the noise weights account for. */
  readonly budget: number;
  /** `paid / budget`: 1 to rounding where `exact`. */
  readonly ratio: number;
  /** Whether the two are equal by an identity: for plain SGD alone. */
  readonly exact: boolean;
  /** What breaks the identity; left out where it holds. */
  readonly why?: string;
}

/** The dose of a run; null without noise nodes. */
export function doseOf(experiment: Experiment, final: Final): Dose | null {
  if (experiment.noise.length === 0) return null;
  const { dosePaid: paid, doseBudget: budget } = final;
  const finite = Number.isFinite(paid) && Number.isFinite(budget);
  const why = finite ? broken(experiment) : "a number left the finite range";
  return { paid, budget, ratio: paid / budget, exact: !why, ...(why && { why }) };
}

function broken(experiment: Experiment): string | undefined {
  const { momentum, weightDecay } = experiment.optimizer;
  const causes = Object.entries({
    momentum,
    "weight decay": weightDecay,
    "Jacobian penalty": jacobianOnNoise(experiment),
  }).filter(([, value]) => value > 0);
  if (causes.length === 0) return undefined;
  return `paid equals budget for plain SGD alone, and this run has ${causes.map((cause) => cause.join(" ")).join(" and ")}`;
}
