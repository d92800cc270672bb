/**
 * The user asked for something that cannot be: a bad field, a broken file, an impossible value.
 * The message is one line, names the field and its value and says what would be right; no stack trace is due.
 */
export class InputError extends Error {
  override readonly name = "InputError";
  /** Path of the offending field, such as `noise.0.sigma`, a flag, or a file's path. */
  readonly field: string;

  constructor(field: string, message: string) {
    super(oneLine(message));
    this.field = field;
  }
}

/** A run was well posed but could not be carried out: memory, a machine that is gone, a full disk. */
export class RunError extends Error {
  override readonly name = "RunError";

  constructor(message: string, options?: ErrorOptions) {
    super(oneLine(message), options);
  }
}

/** Names come from files and keys, and may hold line ends or a terminal's control codes. */
function oneLine(message: string): string {
  return message.replace(/[\p{Cc}\u2028\u2029]+/gu, " ");
}

const MOST_CHARACTERS = 80;

/** A value as it may stand in an error message: like JSON, cut to a readable length however large it is. */
export function shown(value: unknown): string {
  return cut(text(value, 3));
}

/** A text as it may stand in an error message. */
export function cut(words: string): string {
  return words.length > MOST_CHARACTERS ? `${words.slice(0, MOST_CHARACTERS - 3)}...` : words;
}

function text(value: unknown, depth: number): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, MOST_CHARACTERS));
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  const inner = (part: unknown) => (depth > 0 ? text(part, depth - 1) : "...");
  if (Array.isArray(value))
    return `[${value
      .slice(0, MOST_CHARACTERS / 2)
      .map(inner)
      .join(",")}]`;
  if (ArrayBuffer.isView(value)) return "a typed array";
  const fields = Object.keys(value).slice(0, MOST_CHARACTERS / 5);
  return `{${fields.map((key) => `${text(key, 0)}:${inner((value as Record<string, unknown>)[key])}`).join(",")}}`;
}
