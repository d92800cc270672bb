import { type Dispatch, elementwise, Kernel, type Matrix } from "./kernel.js";

/** `into += factor * from`. */
export function addScaled(from: Matrix, into: Matrix, factor: number, replicas: number): Dispatch {
  const k = new Kernel();
  const value = k.matrix(from, false)("r", "c");
  const to = k.matrix(into, true)("r", "c");
  return elementwise(k, into, replicas, `${to} += ${k.f32(factor)} * ${value};`);
}
