/**
 * The input is wrong: a bad field, a broken file, an impossible value. The message is one line that names the field and its
 * value and says what would be right. Show it without a stack trace.
 */
export class InputError extends Error {
  /** `InputError`. */
  override readonly name = "InputError";
  /** Path of the offending field, such as `noise.0.sigma`, a flag, or a file's path. */
  readonly field: string;

  constructor(field: string, message: string) {
    super(oneLine(message));
    this.field = field;
  }
}

/** The input is right, but the run failed: no memory, a lost GPU, a full disk. The message is one line. */
export class RunError extends Error {
  /** `RunError`. */
  override readonly name = "RunError";

  constructor(message: string, options?: ErrorOptions) {
    super(oneLine(message), options);
  }
}

/** Removes line ends and control codes of terminals, which names from files may contain. */
function oneLine(message: string): string {
  return message.replace(/[\p{Cc}\u2028\u2029]+/gu, " ");
}

const MOST_CHARACTERS = 80;

/** A value for an error message: like JSON, cut to a readable length. */
export function shown(value: unknown): string {
  return cut(text(value, 3));
}

/** A text for an error message. */
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
