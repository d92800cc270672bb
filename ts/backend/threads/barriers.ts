import type { Op, Program, Region } from "../../program/ops.js";
import { overlap } from "../overlap.js";
import { type Part, partsOf, type Tile } from "./parts.js";

/** What the threads do next: each its part of an operation, or they wait for each other. */
export type Turn = "barrier" | readonly (Part | null)[];

interface Access {
  readonly thread: number;
  readonly region: Region;
  readonly writes: boolean;
}

/**
 * A list of operations for several threads. A list that is run again starts with a barrier. Before any other operation
 * there is one only if a thread touches there what another one wrote since the last barrier, or writes what another one
 * read.
 */
export function turnsOf(
  ops: readonly Op[],
  threads: number,
  tile: Tile,
  buffers: Program["buffers"],
): Turn[] {
  const turns: Turn[] = ["barrier"];
  let since: Access[] = [];
  for (const op of ops) {
    const parts = partsOf(op, threads, tile);
    const next = parts.flatMap((part, thread) =>
      part ? accesses(part.op, buffers).map((access) => ({ ...access, thread })) : [],
    );
    if (next.some((one) => since.some((other) => conflict(one, other)))) {
      turns.push("barrier");
      since = [];
    }
    since.push(...next);
    turns.push(parts);
  }
  return turns;
}

function conflict(one: Access, other: Access): boolean {
  return (
    one.thread !== other.thread && (one.writes || other.writes) && overlap(one.region, other.region)
  );
}

function accesses(op: Op, buffers: Program["buffers"]): Omit<Access, "thread">[] {
  const whole = (buffer: string): Region => {
    const { length } = buffers[buffer];
    return { buffer, offset: 0, rows: 1, cols: length, stride: length };
  };
  const of = (reads: readonly Region[], writes: readonly Region[]) => [
    ...reads.map((region) => ({ region, writes: false })),
    ...writes.map((region) => ({ region, writes: true })),
  ];
  switch (op.op) {
    case "gather":
      return of([whole(op.source), whole(op.index)], [op.into]);
    case "product":
      return of([op.a, op.b], [op.c]);
    case "activate":
      return of([op.from], [op.into]);
    case "activationGradient":
      return of([op.at], [op.into]);
    case "activationCurvature":
      return of([op.at, op.tangent, op.gradient], [op.into]);
    case "softmaxTangent":
      return of([op.logits], [op.into]);
    case "crossEntropy":
      return of([op.logits, op.labels], op.gradient ? [op.gradient] : []);
    case "squaredError":
      return of([op.outputs, op.targets], op.gradient ? [op.gradient] : []);
    case "countCorrect":
      return of([op.logits, op.labels], []);
    case "dot":
      return of([op.a, op.b], []);
    case "addScaled":
      return of([op.from], [op.into]);
    case "multiply":
      return of([op.by], [op.into]);
  }
}
