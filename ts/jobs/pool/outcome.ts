import { InputError, RunError } from "../../errors/errors.js";

/** The outcome of a call on another thread. Errors lose their class between threads, so they travel as values. */
export type Outcome<T> = { readonly value: T } | { readonly failure: Failure };

/** An error as a value. */
export interface Failure {
  /** `input`: an `InputError`; `run`: a `RunError`; `fault`: any other error. */
  readonly kind: "input" | "run" | "fault";
  /** The error's message. */
  readonly message: string;
  /** An `InputError`'s field; else empty. */
  readonly field: string;
}

export async function outcomeOf<T>(work: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

export function unwrap<T>(outcome: Outcome<T>): T {
  if ("value" in outcome) return outcome.value;
  throw errorOf(outcome.failure);
}

export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof InputError) return { kind: "input", message, field: error.field };
  return { kind: error instanceof RunError ? "run" : "fault", message, field: "" };
}

export function errorOf({ kind, message, field }: Failure): Error {
  if (kind === "input") return new InputError(field, message);
  return kind === "run" ? new RunError(message) : new Error(message);
}
