import * as v from "valibot";
import { InputError, shown } from "../errors/errors.js";

type Schema = v.GenericSchema;

/**
 * What `schema` makes of `input`.
 * @param whole what to call the input in a message about all of it.
 * @throws InputError, one line on the first thing wrong: the field, its value, what it takes.
 */
export function parseWith<S extends Schema>(
  schema: S,
  input: unknown,
  whole: string,
): v.InferOutput<S> {
  const parsed = v.safeParse(schema, input, { abortEarly: true });
  if (!parsed.success) throw described(schema, parsed.issues[0], whole);
  refuseListsAsObjects(parsed.output, input, [], whole);
  return parsed.output;
}

function described(schema: Schema, issue: v.BaseIssue<unknown>, whole: string): InputError {
  const path = issue.path?.map((item) => String(item.key)) ?? [];
  // Valibot looks for an object's fields in a list too, and finds the list's own methods.
  const list =
    issue.path?.findIndex((item) => item.type === "object" && Array.isArray(item.input)) ?? -1;
  if (list >= 0) return notAnObject(path.slice(0, list), issue.path?.[list].input, whole);
  const field = path.join(".") || whole;
  if (issue.type === "strict_object" && issue.expected === "never") {
    const known = knownFields(schema, path.slice(0, -1), input(issue));
    return new InputError(
      field,
      `${field} is not a field here: the known ones are ${known.join(", ")}`,
    );
  }
  if (issue.input === undefined)
    return new InputError(field, `${field} is missing: ${takes(issue)}`);
  return new InputError(field, `${field} is ${shown(issue.input)}: ${takes(issue)}`);
}

function notAnObject(path: readonly string[], given: unknown, whole: string): InputError {
  const field = path.join(".") || whole;
  return new InputError(field, `${field} is ${shown(given)}: takes an object`);
}

/** The object that an issue's last key was looked for in. */
function input(issue: v.BaseIssue<unknown>): unknown {
  return issue.path?.at(-1)?.input;
}

function takes(issue: v.BaseIssue<unknown>): string {
  if (issue.message.startsWith("takes")) return issue.message;
  if (issue.expected === "Object") return "takes an object";
  if (issue.expected === "Array") return "takes a list";
  return `takes ${(issue.expected ?? "another value").replace(/^\((.*)\)$/, "$1").replaceAll(" | ", ", ")}`;
}

/** Follows a path of keys through a schema to the object schema that stands there, and lists its fields. */
function knownFields(schema: Schema, path: readonly string[], value: unknown): string[] {
  let node: any = unwrapped(schema);
  for (const key of path) node = unwrapped(node?.entries?.[key] ?? node?.item);
  if (node?.type === "variant") {
    const name = (value as Record<string, unknown> | null)?.[node.key];
    node = node.options.find((option: any) => option.entries[node.key].literal === name);
  }
  return Object.keys(node?.entries ?? {});
}

function unwrapped(schema: any): any {
  let node = schema;
  while (node?.wrapped) node = node.wrapped;
  return node;
}

/** Valibot takes a list for an object of optional fields; a user who wrote `[]` meant something else. */
function refuseListsAsObjects(
  output: unknown,
  given: unknown,
  path: string[],
  whole: string,
): void {
  if (typeof output !== "object" || output === null || given === undefined) return;
  if (!Array.isArray(output) && Array.isArray(given)) {
    throw notAnObject(path, given, whole);
  }
  for (const [key, value] of Object.entries(output)) {
    refuseListsAsObjects(value, (given as Record<string, unknown>)[key], [...path, key], whole);
  }
}
