import { type Abilities, type Dispatch, eachElement, Kernel, type Matrix } from "./kernel.js";
import { groupsFor, type Slot, summed } from "./sum.js";

/** `trace[slot] = scale * sum of squares`. */
export function sumSquares(of: Matrix, into: Slot, can: Abilities): Dispatch[] {
  const k = new Kernel();
  const value = k.matrix(of, false)("r", "c");
  const groups = groupsFor(of.rows * of.cols);
  const add = `let v = ${value};\nsum += v * v;`;
  return summed(k, { add: eachElement(k, of.rows, of.cols, groups, add), groups }, into, can);
}
