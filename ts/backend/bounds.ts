import type { Op, Program } from "../program/ops.js";
import type { Values } from "./machine.js";

/**
 * Keeps kernels within their buffers. Kernels use two kinds of values as addresses: indices, which select the samples
 * to gather, and labels, which select a logit. Both are checked when they are written, so kernels need no checks.
 * Elements that were never written are 0. The number of passes is checked too, because each pass reads the next part of
 * the index buffers.
 */
export class Bounds {
  /** For each buffer of indices or labels, the limit that its elements stay below. */
  readonly #below = new Map<string, number>();
  /** For each list, the number of passes that its index buffers suffice for. */
  readonly #passes = new Map<string, number>();

  /** @throws Error if the program computes labels or indices. */
  constructor({ buffers, fills, lists }: Program) {
    const lower = (buffer: string, limit: number) => {
      this.#below.set(buffer, Math.min(limit, this.#below.get(buffer) ?? limit));
    };
    const ops = Object.values(lists).flatMap((list) => list.ops);
    for (const op of ops) if ("labels" in op) lower(op.labels.buffer, op.logits.cols);
    for (const op of ops) {
      if (op.op !== "gather") continue;
      lower(op.index, Math.floor(buffers[op.source].length / op.into.cols));
      // Labels are copied from the buffer that they are gathered from, so its elements have the same limit.
      const limit = this.#below.get(op.into.buffer);
      if (limit !== undefined && op.scale === 1 && op.shift === 0) lower(op.source, limit);
    }
    const written = [...ops.filter((op) => !this.#copies(op)).map(writes), ...fills.map(filled)];
    for (const buffer of written) {
      if (buffer !== undefined && this.#below.has(buffer)) {
        throw new Error(`the program computes ${buffer}, whose elements are indices or labels`);
      }
    }
    for (const [name, list] of Object.entries(lists)) {
      const passes = list.ops.map((op) =>
        op.op === "gather" ? Math.floor(buffers[op.index].length / op.into.rows) : Infinity,
      );
      this.#passes.set(name, Math.min(Infinity, ...passes));
    }
  }

  /** @throws RangeError for an index or a label that is out of range or not an integer. */
  checkWrite(buffer: string, values: Values): void {
    const limit = this.#below.get(buffer);
    if (limit === undefined) return;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (value >= 0 && value < limit && Number.isInteger(value)) continue;
      throw new RangeError(
        `${buffer} takes integers from 0 to ${limit - 1}: element ${i} is ${value}`,
      );
    }
  }

  /** @throws RangeError if the index buffers are too short for these passes. */
  checkRun(list: string, first: number, count: number): void {
    const passes = this.#passes.get(list) ?? 0;
    if (Number.isInteger(first) && first >= 0 && first + count <= passes) return;
    throw new RangeError(
      `${list} has ${passes} passes: ${count} from pass ${first} on are too many`,
    );
  }

  /** Whether an operation only copies labels, which were checked when they were written. */
  #copies(op: Op): boolean {
    return op.op === "gather" && op.scale === 1 && op.shift === 0 && this.#below.has(op.source);
  }
}

/** The buffer that an operation writes. */
function writes(op: Op): string | undefined {
  if (op.op === "product") return op.c.buffer;
  if ("into" in op) return op.into.buffer;
  return "gradient" in op ? op.gradient?.buffer : undefined;
}

function filled({ region }: Program["fills"][number]): string {
  return region.buffer;
}
