import { type Activation, SLOPE } from "./functions.js";
import { elementwise, type Matrix, type Part } from "./kernel.js";

/** `into *= f'(at)`. */
export function activationGradient(
  kind: Activation,
  at: Matrix,
  into: Matrix,
  replicas: number,
): Part {
  return (k) => {
    const value = k.matrix(at, false)("r", "c");
    const to = k.matrix(into, true)("r", "c");
    return elementwise(k, into, replicas, `${to} *= slope(${value});`, SLOPE[kind]);
  };
}
