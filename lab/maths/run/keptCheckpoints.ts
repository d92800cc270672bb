import type { Checkpoint } from "../../../ts/train/checkpoint.js";

/** Numbers that may be kept in all: 64 MiB. */
const MOST_NUMBERS = 2 ** 23;

/** Checkpoints of one run, from which any of its steps is soon reached again. */
export class KeptCheckpoints {
  #kept: Checkpoint[] = [];
  /** Fewest steps between two of them. It doubles whenever the memory is full. */
  #gap = 1;

  save(checkpoint: Checkpoint): void {
    const last = this.#kept.at(-1);
    if (last && checkpoint.step < last.step + this.#gap) return;
    this.#kept.push(checkpoint);
    while (this.#kept.length > 2 && this.#kept.length * numbersIn(checkpoint) > MOST_NUMBERS) {
      this.#gap *= 2;
      this.#kept = this.#kept.filter((_, i) => i % 2 === 0);
    }
  }

  /** Keeps this one in any case, and none after it. */
  endWith(checkpoint: Checkpoint): void {
    this.dropAfter(checkpoint.step - 1);
    this.#kept.push(checkpoint);
  }

  /** Forgets those after a step: another machine makes the updates from there on. */
  dropAfter(step: number): void {
    this.#kept = this.#kept.filter((checkpoint) => checkpoint.step <= step);
  }

  /** The latest checkpoint at or before a step; null: the start. */
  before(step: number): Checkpoint | null {
    return this.#kept.findLast((checkpoint) => checkpoint.step <= step) ?? null;
  }
}

function numbersIn({ buffers, trajectory }: Checkpoint): number {
  const columns = [
    ...Object.values(buffers),
    ...Object.values(trajectory.steps),
    ...Object.values(trajectory.evaluations),
  ];
  return columns.reduce((sum, column) => sum + column.length, 0);
}
