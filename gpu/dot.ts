import { type Abilities, eachElement, type Matrix, type Part } from "./kernel.js";
import { groupsFor, type Slot, summed } from "./sum.js";

/** `trace[slot] = scale * sum of a_ij b_ij`. */
export function dot(a: Matrix, b: Matrix, into: Slot, can: Abilities): Part[] {
  const groups = groupsFor(a.rows * a.cols);
  return summed(
    groups,
    (k) => {
      const [x, y] = [a, b].map((m) => k.matrix(m, false)("r", "c"));
      return { add: eachElement(k, a.rows, a.cols, groups, `sum += ${x} * ${y};`) };
    },
    into,
    can,
  );
}
