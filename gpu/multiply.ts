import { elementwise, type Matrix, type Part } from "./kernel.js";

/** `into *= by`. */
export function multiply(by: Matrix, into: Matrix, replicas: number): Part {
  return (k) => {
    const value = k.matrix(by, false)("r", "c");
    const to = k.matrix(into, true)("r", "c");
    return elementwise(k, into, replicas, `${to} *= ${value};`);
  };
}
