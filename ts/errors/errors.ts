/**
 * The user asked for something that cannot be: a bad field, a broken file, an impossible value.
 * The message is one line, names the field and its value and says what would be right; no stack trace is due.
 */
export class InputError extends Error {
  override readonly name = "InputError";
  /** Path of the offending field, such as `noise.0.sigma`, a flag, or a file's path. */
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** A run was well posed but could not be carried out: memory, a machine that is gone, a full disk. */
export class RunError extends Error {
  override readonly name = "RunError";
}

/** A value as it may stand in an error message: JSON, on one line, cut to a readable length. */
export function shown(value: unknown): string {
  let text: string | undefined;
  try {
    text =
      typeof value === "number" || typeof value === "bigint"
        ? String(value)
        : JSON.stringify(value);
  } catch {
    text = undefined;
  }
  text = (text ?? String(value)).replace(/\s+/g, " ");
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
