import { elementwise, type Matrix, type Part } from "./kernel.js";

/** `into += factor * from`. */
export function addScaled(from: Matrix, into: Matrix, factor: number, replicas: number): Part {
  return (k) => {
    const value = k.matrix(from, false)("r", "c");
    const to = k.matrix(into, true)("r", "c");
    return elementwise(k, into, replicas, `${to} += ${k.f32(factor)} * ${value};`);
  };
}
