import type { Op, Program } from "../program/ops.js";
import type { Values } from "./machine.js";

/**
 * Keeps kernels within their buffers. Two kinds of contents become addresses: indices, by which samples are gathered, and
 * labels, which select a logit. Each is checked when it is written, so that kernels need not look at them; what no one
 * has written is 0. The number of passes is checked too, because passes walk through the index buffers.
 */
export class Bounds {
  /** What a buffer's elements stay below. */
  readonly #below = new Map<string, number>();
  /** Passes that a list has indices for. */
  readonly #passes = new Map<string, number>();

  /** @throws Error for a program that computes labels or indices. */
  constructor({ buffers, fills, lists }: Program) {
    const lower = (buffer: string, limit: number) => {
      this.#below.set(buffer, Math.min(limit, this.#below.get(buffer) ?? limit));
    };
    const ops = Object.values(lists).flatMap((list) => list.ops);
    for (const op of ops) if ("labels" in op) lower(op.labels.buffer, op.logits.cols);
    for (const op of ops) {
      if (op.op !== "gather") continue;
      lower(op.index, Math.floor(buffers[op.source].length / op.into.cols));
      // Labels come from where they are gathered.
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

  /** @throws RangeError for an index or a label that is none. */
  checkWrite(buffer: string, values: Values): void {
    const limit = this.#below.get(buffer);
    if (limit === undefined) return;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (value >= 0 && value < limit && Number.isInteger(value)) continue;
      throw new RangeError(`${buffer} takes integers from 0 to ${limit - 1}: ${i} is ${value}`);
    }
  }

  /** @throws RangeError for passes beyond the indices that they gather by. */
  checkRun(list: string, first: number, count: number): void {
    const passes = this.#passes.get(list) ?? 0;
    if (Number.isInteger(first) && first >= 0 && first + count <= passes) return;
    throw new RangeError(`${list} has ${passes} passes: ${count} from ${first} on are too many`);
  }

  /** Whether an operation copies labels that were checked when they were written. */
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
