import { InputError, shown } from "../../errors/errors.js";

/** A number of threads that share the work of a run, or `auto` for the fastest. */
export type Threads = number | "auto";

const MOST = 128;

/**
 * The number of threads that a caller asks for.
 * @param field its name in errors.
 * @throws InputError if it is none that a run can have.
 */
export function checkThreads(threads: unknown = "auto", field = "threads"): Threads {
  const count = threads as number;
  if (threads === "auto" || (Number.isInteger(count) && count > 0 && count <= MOST)) {
    return threads as Threads;
  }
  throw new InputError(
    field,
    `${field} is ${shown(threads)}: takes auto or an integer from 1 to ${MOST}`,
  );
}
