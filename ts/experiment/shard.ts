import { InputError, shown } from "../errors/errors.js";

/** One of several parts of a sweep: the runs whose number modulo `of` is `index`. */
export interface Shard {
  /** Number of this part, counted from 0. */
  readonly index: number;
  /** Number of parts. */
  readonly of: number;
}

/**
 * Reads `i/n` with i from 0 to n - 1, as `$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT` gives it for an array from 0.
 * @throws InputError that names `field`.
 */
export function parseShard(field: string, text: string): Shard {
  const [, index, of] = /^(\d{1,7})\/(\d{1,7})$/.exec(text)?.map(Number) ?? [];
  if (!(index < of)) {
    throw new InputError(
      field,
      `${field} is ${shown(text)}: takes i/n with i from 0 to n - 1, such as 0/4`,
    );
  }
  return { index, of };
}
