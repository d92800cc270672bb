import type { Abilities } from "../../../gpu/kernel.js";
import { productScratch } from "../../../gpu/product.js";
import { mostParts } from "../../../gpu/sum.js";
import { type Op, type Program, replicasOf } from "../../program/ops.js";

/**
 * Elements of scratch memory that the program needs. Operations run one after another, so it is the largest need of
 * any.
 */
export function scratchElements(program: Program, can: Abilities): number {
  const replicas = replicasOf(program);
  const of = (op: Op): number => {
    switch (op.op) {
      case "product": {
        const depth = op.transposeA ? op.a.rows : op.a.cols;
        return productScratch({ rows: op.c.rows, cols: op.c.cols, depth, replicas }, can);
      }
      case "crossEntropy":
      case "countCorrect":
        return replicas * mostParts(op.logits.rows, op.logits.cols);
      case "squaredError":
        return replicas * mostParts(op.outputs.rows, op.outputs.cols);
      case "dot":
        return replicas * mostParts(op.a.rows, op.a.cols);
      default:
        return 0;
    }
  };
  return Object.values(program.lists).reduce(
    (most, { ops }) => ops.reduce((sum, op) => Math.max(sum, of(op)), most),
    0,
  );
}
