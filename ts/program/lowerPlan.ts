import { type Lowered, lower } from "./lower.js";
import type { Plan } from "./workspace.js";

/** Lowers any plan; loads on demand what few plans need. */
export async function lowerPlan(plan: Plan): Promise<Lowered> {
  return lower(plan, plan.jacobian ? (await import("./jacobianPenalty.js")).JacobianPenalty : null);
}
