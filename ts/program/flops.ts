import type { Op } from "./ops.js";

/** Floating-point operations of the matrix products in one pass over a list. The other operations need far fewer. */
export function flops(ops: readonly Op[]): number {
  return ops.reduce((sum, op) => {
    if (op.op !== "product") return sum;
    const depth = op.transposeA ? op.a.rows : op.a.cols;
    return sum + 2 * op.c.rows * op.c.cols * depth;
  }, 0);
}
