import { type Abilities, type Dispatch, eachElement, Kernel, type Matrix } from "./kernel.js";
import { groupsFor, type Slot, summed } from "./sum.js";

/** `trace[slot] = scale * 1/2 sum (outputs - targets)^2`. `gradient`, if given, is set to the differences. */
export function squaredError(
  outputs: Matrix,
  targets: Matrix,
  gradient: Matrix | undefined,
  into: Slot,
  can: Abilities,
): Dispatch[] {
  const k = new Kernel();
  const output = k.matrix(outputs, false)("r", "c");
  const target = k.matrix(targets, false)("r", "c");
  const store = gradient ? `${k.matrix(gradient, true)("r", "c")} = d;` : "";
  const { rows, cols } = outputs;
  const groups = groupsFor(rows * cols);
  const each = `let d = ${output} - ${target};\nsum += d * d;\n${store}`;
  const half = { ...into, scale: 0.5 * into.scale };
  return summed(k, { add: eachElement(k, rows, cols, groups, each), groups }, half, can);
}
