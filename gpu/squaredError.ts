import { type Abilities, eachElement, type Matrix, type Part } from "./kernel.js";
import { groupsFor, type Slot, summed } from "./sum.js";

/** `trace[slot] = scale * 1/2 sum (outputs - targets)^2`. `gradient`, if given, is set to the differences. */
export function squaredError(
  outputs: Matrix,
  targets: Matrix,
  gradient: Matrix | undefined,
  into: Slot,
  can: Abilities,
): Part[] {
  const { rows, cols } = outputs;
  const groups = groupsFor(rows * cols);
  return summed(
    groups,
    (k) => {
      const output = k.matrix(outputs, false)("r", "c");
      const target = k.matrix(targets, false)("r", "c");
      const store = gradient ? `${k.matrix(gradient, true)("r", "c")} = d;` : "";
      const each = `let d = ${output} - ${target};\nsum += d * d;\n${store}`;
      return { add: eachElement(k, rows, cols, groups, each) };
    },
    { ...into, scale: 0.5 * into.scale },
    can,
  );
}
