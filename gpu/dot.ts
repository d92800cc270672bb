import { type Abilities, type Dispatch, eachElement, Kernel, type Matrix } from "./kernel.js";
import { groupsFor, type Slot, summed } from "./sum.js";

/** `trace[slot] = scale * sum of a_ij b_ij`. */
export function dot(a: Matrix, b: Matrix, into: Slot, can: Abilities): Dispatch[] {
  const k = new Kernel();
  const [x, y] = [a, b].map((m) => k.matrix(m, false)("r", "c"));
  const groups = groupsFor(a.rows * a.cols);
  const add = eachElement(k, a.rows, a.cols, groups, `sum += ${x} * ${y};`);
  return summed(k, { add, groups }, into, can);
}
