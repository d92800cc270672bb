import type { Machine } from "../../ts/backend/machine.js";
import { checkOperation, type Worst, withinBound } from "../../ts/check/verify/checkOperation.js";
import { operationCases } from "./operationCases.js";

export interface Conformance {
  readonly cases: number;
  readonly failures: readonly (Worst & { readonly name: string })[];
}

/** Runs every case on a machine and on the float64 reference; needs nothing but the two, so that pages can run it. */
export async function conform(machine: Machine): Promise<Conformance> {
  const cases = operationCases();
  const failures = [];
  for (const { name, program, op, scale } of cases) {
    const worst = await checkOperation(machine, program, op, scale);
    if (!withinBound(worst)) failures.push({ name, ...worst });
  }
  return { cases: cases.length, failures };
}
