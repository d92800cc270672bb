import type { Machine } from "../../ts/backend/machine.js";
import { expectationOf, type Worst, withinBound } from "../../ts/check/verify/checkOperation.js";
import { type OperationCase, operationCases } from "./operationCases.js";

export interface Conformance {
  readonly cases: number;
  readonly failures: readonly (Worst & { readonly name: string })[];
}

/** A machine, and which of the cases it is to be tried on. */
export interface Subject {
  readonly machine: Machine;
  readonly takes?: (one: OperationCase) => boolean;
}

/**
 * Runs every case on each machine and once on the float64 reference; needs nothing but these, so that pages can run it.
 */
export async function conform(
  subjects: readonly Subject[],
  cases: readonly OperationCase[] = operationCases(),
): Promise<Conformance[]> {
  const found = subjects.map(() => ({ cases: 0, failures: [] as (Worst & { name: string })[] }));
  for (const one of cases) {
    const { name, program, op, scale } = one;
    const check = await expectationOf(program, op, scale);
    for (const [i, { machine, takes = () => true }] of subjects.entries()) {
      if (!takes(one)) continue;
      const worst = await check(machine);
      found[i].cases++;
      if (!withinBound(worst)) found[i].failures.push({ name, ...worst });
    }
  }
  return found;
}
