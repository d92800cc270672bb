import { type Activation, BEND } from "./functions.js";
import { elementwise, type Matrix, type Part } from "./kernel.js";

/** `into += f'' * tangent * gradient`. */
export function activationCurvature(
  kind: Activation,
  at: Matrix,
  tangent: Matrix,
  gradient: Matrix,
  into: Matrix,
  replicas: number,
): Part {
  return (k) => {
    const value = k.matrix(at, false)("r", "c");
    const both = [tangent, gradient].map((m) => k.matrix(m, false)("r", "c")).join(" * ");
    const to = k.matrix(into, true)("r", "c");
    return elementwise(k, into, replicas, `${to} += bend(${value}) * (${both});`, BEND[kind]);
  };
}
