import { activate } from "../../../gpu/activate.js";
import { activationCurvature } from "../../../gpu/activationCurvature.js";
import { activationGradient } from "../../../gpu/activationGradient.js";
import { addScaled } from "../../../gpu/addScaled.js";
import { countCorrect } from "../../../gpu/countCorrect.js";
import { crossEntropy } from "../../../gpu/crossEntropy.js";
import { gather } from "../../../gpu/gather.js";
import type { Abilities, Dispatch, Matrix } from "../../../gpu/kernel.js";
import { product } from "../../../gpu/product.js";
import { softmaxTangent } from "../../../gpu/softmaxTangent.js";
import { squaredError } from "../../../gpu/squaredError.js";
import type { Slot } from "../../../gpu/sum.js";
import { sumSquares } from "../../../gpu/sumSquares.js";
import { tick } from "../../../gpu/tick.js";
import { type Op, type OpList, type Program, type Region, replicasOf } from "../../program/ops.js";

/** The dispatches of one pass over a list. */
export function dispatchesOf(list: OpList, program: Program, can: Abilities): Dispatch[] {
  const dispatches: Dispatch[] = [];
  for (let i = 0; i < list.ops.length; i++) {
    const op = list.ops[i];
    const slope = slopeAfter(op, list.ops[i + 1]);
    if (slope) i++;
    dispatches.push(...dispatchesOfOp(op, slope, list.slots, program, can));
  }
  return [...dispatches, tick()];
}

type Slope = Extract<Op, { op: "activationGradient" }>;

/** The next operation, where it is an activation's gradient that a product can apply to its result as it stores it. */
function slopeAfter(op: Op, next: Op | undefined): Slope | undefined {
  if (op.op !== "product" || op.epilogue || next?.op !== "activationGradient") return undefined;
  const { c } = op;
  const { at, into } = next;
  const keys = ["buffer", "offset", "rows", "cols", "stride"] as const;
  const same = keys.every((key) => into[key] === c[key]);
  return same && at.buffer !== c.buffer ? next : undefined;
}

function dispatchesOfOp(
  op: Op,
  slope: Slope | undefined,
  slots: number,
  program: Program,
  can: Abilities,
): Dispatch[] {
  const replicas = replicasOf(program);
  const apart = (buffer: string) => {
    const { length, shared } = program.buffers[buffer];
    return shared || replicas === 1 ? 0 : length;
  };
  const matrix = (region: Region): Matrix => ({ ...region, apart: apart(region.buffer) });
  const slot = (at: { slot: number; scale?: number }): Slot => ({
    slot: at.slot,
    scale: at.scale ?? 1,
    slots,
    replicas,
  });
  const optional = (region?: Region) => (region ? matrix(region) : undefined);
  switch (op.op) {
    case "gather": {
      const bytes = program.buffers[op.source].type === "byte";
      return [
        gather({
          source: { buffer: op.source, bytes, apart: apart(op.source) },
          index: { buffer: op.index, apart: apart(op.index) },
          into: matrix(op.into),
          scale: op.scale,
          shift: op.shift,
          replicas,
        }),
      ];
    }
    case "product": {
      const [a, b, c] = [matrix(op.a), matrix(op.b), matrix(op.c)];
      const after = slope && { activation: slope.activation, at: matrix(slope.at) };
      return product({ ...op, a, b, c, slope: after, replicas }, can);
    }
    case "activate":
      return [activate(op.activation, matrix(op.from), matrix(op.into), replicas)];
    case "activationGradient":
      return [activationGradient(op.activation, matrix(op.at), matrix(op.into), replicas)];
    case "activationCurvature": {
      const [at, tangent, gradient] = [matrix(op.at), matrix(op.tangent), matrix(op.gradient)];
      return [activationCurvature(op.activation, at, tangent, gradient, matrix(op.into), replicas)];
    }
    case "softmaxTangent":
      return [softmaxTangent(matrix(op.logits), matrix(op.into), replicas)];
    case "crossEntropy": {
      const [logits, labels] = [matrix(op.logits), matrix(op.labels)];
      return crossEntropy(logits, labels, optional(op.gradient), slot(op), can);
    }
    case "squaredError": {
      const [outputs, targets] = [matrix(op.outputs), matrix(op.targets)];
      return squaredError(outputs, targets, optional(op.gradient), slot(op), can);
    }
    case "countCorrect":
      return countCorrect(matrix(op.logits), matrix(op.labels), slot(op), can);
    case "sumSquares":
      return sumSquares(matrix(op.of), slot(op), can);
    case "addScaled":
      return [addScaled(matrix(op.from), matrix(op.into), op.factor, replicas)];
  }
}
