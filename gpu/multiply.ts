import { type Dispatch, elementwise, Kernel, type Matrix } from "./kernel.js";

/** `into *= by`. */
export function multiply(by: Matrix, into: Matrix, replicas: number): Dispatch {
  const k = new Kernel();
  const value = k.matrix(by, false)("r", "c");
  const to = k.matrix(into, true)("r", "c");
  return elementwise(k, into, replicas, `${to} *= ${value};`);
}
