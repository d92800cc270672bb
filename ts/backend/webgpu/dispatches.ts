import { activate } from "../../../gpu/activate.js";
import { activationCurvature } from "../../../gpu/activationCurvature.js";
import { activationGradient } from "../../../gpu/activationGradient.js";
import { addScaled } from "../../../gpu/addScaled.js";
import { countCorrect } from "../../../gpu/countCorrect.js";
import { crossEntropy } from "../../../gpu/crossEntropy.js";
import { dot } from "../../../gpu/dot.js";
import { type GatherShape, gather } from "../../../gpu/gather.js";
import type { Abilities, Dispatch, Matrix, Part } from "../../../gpu/kernel.js";
import { multiply } from "../../../gpu/multiply.js";
import { product } from "../../../gpu/product.js";
import { sideBySide } from "../../../gpu/sideBySide.js";
import { softmaxTangent } from "../../../gpu/softmaxTangent.js";
import { squaredError } from "../../../gpu/squaredError.js";
import { mostParts, type Slot } from "../../../gpu/sum.js";
import { tick } from "../../../gpu/tick.js";
import {
  type Gather,
  type Op,
  type OpList,
  type Program,
  type Region,
  replicasOf,
} from "../../program/ops.js";
import { grouped } from "./grouped.js";

/** The dispatches of one pass over a list. Operations that do not depend on each other share a dispatch where they can. */
export function dispatchesOf(list: OpList, program: Program, can: Abilities): Dispatch[] {
  return grouped(partsOf(list, program, can)).map(sideBySide);
}

/** The parts of one pass, in the order of the operations. */
export function partsOf({ ops, slots }: OpList, program: Program, can: Abilities): Part[] {
  const parts: Part[] = [];
  let kept = 0;
  for (let i = 0; i < ops.length; i++) {
    const op = ops[i];
    const slope = slopeAfter(op, ops[i + 1]);
    if (slope) i++;
    parts.push(...partsOfOp(op, slope, { slots, kept }, program, can));
    kept += keptSums(op, program);
  }
  return [...parts, tick()];
}

/** Sums of workgroups that an operation keeps until they are added. */
function keptSums(op: Op, program: Program): number {
  const summands =
    op.op === "dot" ? op.a : op.op === "squaredError" ? op.outputs : "slot" in op && op.logits;
  return summands ? replicasOf(program) * mostParts(summands.rows, summands.cols) : 0;
}

/** Elements from one replica's part of a buffer to the next one's; 0 if all replicas share it or there is only one. */
function replicaStrideOf(buffer: string, program: Program): number {
  const { length, shared } = program.buffers[buffer];
  return shared || replicasOf(program) === 1 ? 0 : length;
}

function gatherShape({ source, index, into, scale, shift }: Gather, program: Program): GatherShape {
  const replicaStride = (buffer: string) => replicaStrideOf(buffer, program);
  const bytes = program.buffers[source].type === "byte";
  return {
    source: { buffer: source, bytes, replicaStride: replicaStride(source) },
    index: { buffer: index, replicaStride: replicaStride(index) },
    into: { ...into, replicaStride: replicaStride(into.buffer) },
    scale,
    shift,
  };
}

type Slope = Extract<Op, { op: "activationGradient" }>;

/** The next operation, if it is an activation's gradient that the product can apply to its result while storing it. */
function slopeAfter(op: Op, next: Op | undefined): Slope | undefined {
  if (op.op !== "product" || op.epilogue || next?.op !== "activationGradient") return undefined;
  const { c } = op;
  const { at, into } = next;
  const keys = ["buffer", "offset", "rows", "cols", "stride"] as const;
  const same = keys.every((key) => into[key] === c[key]);
  return same && at.buffer !== c.buffer ? next : undefined;
}

function partsOfOp(
  op: Op,
  slope: Slope | undefined,
  sums: Pick<Slot, "slots" | "kept">,
  program: Program,
  can: Abilities,
): Part[] {
  const replicas = replicasOf(program);
  const matrix = (region: Region): Matrix => ({
    ...region,
    replicaStride: replicaStrideOf(region.buffer, program),
  });
  const slot = (at: { slot: number; scale?: number }): Slot => ({
    slot: at.slot,
    scale: at.scale ?? 1,
    ...sums,
    replicas,
  });
  const optional = (region?: Region) => (region ? matrix(region) : undefined);
  switch (op.op) {
    case "gather":
      return [gather(gatherShape(op, program), replicas)];
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
    case "dot":
      return dot(matrix(op.a), matrix(op.b), slot(op), can);
    case "addScaled":
      return [addScaled(matrix(op.from), matrix(op.into), op.factor, replicas)];
    case "multiply":
      return [multiply(matrix(op.by), matrix(op.into), replicas)];
  }
}
