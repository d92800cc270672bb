import { ACTIVATION, type Activation } from "./functions.js";
import { elementwise, type Matrix, type Part } from "./kernel.js";

/** `into = f(from)`. */
export function activate(kind: Activation, from: Matrix, into: Matrix, replicas: number): Part {
  return (k) => {
    const value = k.matrix(from, false)("r", "c");
    const to = k.matrix(into, true)("r", "c");
    return elementwise(k, into, replicas, `${to} = f(${value});`, ACTIVATION[kind]);
  };
}
