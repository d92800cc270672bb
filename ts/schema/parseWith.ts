import * as v from "valibot";
import { cut, InputError, shown } from "../errors/errors.js";
import { nearest } from "./nearest.js";
import { isPlainObject } from "./plainObject.js";

type Schema = v.GenericSchema;

/**
 * Parses `input` with `schema`.
 * @param whole the name of the input in a message about all of it.
 * @throws InputError, one line on the first thing wrong: the field, its value, what it takes.
 */
export function parseWith<S extends Schema>(
  schema: S,
  input: unknown,
  whole: string,
): v.InferOutput<S> {
  const parsed = v.safeParse(schema, input, { abortEarly: true });
  if (!parsed.success) throw described(schema, parsed.issues[0], whole);
  refuseOtherObjects(parsed.output, input, [], whole);
  return parsed.output;
}

function described(schema: Schema, issue: v.BaseIssue<unknown>, whole: string): InputError {
  const path = issue.path?.map((item) => String(item.key)) ?? [];
  const field = named(path, whole);
  const last = issue.path?.at(-1);
  if (last?.origin === "key") {
    if (!isPlainObject(last.input)) return noObject(path.slice(0, -1), last.input, whole);
    const entries = entriesAt(schema, path.slice(0, -1), last.input);
    if (issue.expected === "never") {
      const known = Object.keys(entries);
      const near = nearest(path[path.length - 1], known);
      return new InputError(
        field,
        `${field} is not a field here: the known ones are ${known.join(", ")}${near ? `; did you mean ${near}?` : ""}`,
      );
    }
    return new InputError(field, `${field} is missing: ${entries[path[path.length - 1]].message}`);
  }
  const given = last ? last.value : issue.input;
  if (given === undefined) return new InputError(field, `${field} is missing: ${takes(issue)}`);
  return new InputError(field, `${field} is ${shown(given)}: ${takes(issue)}`);
}

function named(path: readonly string[], whole: string): string {
  return cut(path.map((key) => key || '""').join(".")) || whole;
}

function noObject(path: readonly string[], given: unknown, whole: string): InputError {
  const field = named(path, whole);
  return new InputError(field, `${field} is ${shown(given)}: takes an object`);
}

function takes(issue: v.BaseIssue<unknown>): string {
  if (issue.message.startsWith("takes")) return issue.message;
  if (issue.expected === "Object") return "takes an object";
  return `takes ${(issue.expected ?? "another value").replace(/^\((.*)\)$/, "$1").replaceAll(" | ", ", ")}`;
}

/**
 * Follows a path of keys through a schema to the object schema that stands there: its fields.
 * @param value the object that was given there, which says which variant it is.
 */
function entriesAt(schema: Schema, path: readonly string[], value: any): Record<string, any> {
  let node = unwrapped(schema);
  for (const key of path) node = unwrapped(node.entries?.[key] ?? node.item);
  if (node.type !== "variant") return node.entries;
  return node.options.find((option: any) => option.entries[node.key].literal === value[node.key])
    .entries;
}

/** Without its default, and past the checks before it. */
function unwrapped(schema: any): any {
  let node = schema;
  while (node.wrapped ?? node.pipe)
    node = node.wrapped ?? node.pipe.findLast((step: any) => step.kind === "schema");
  return node;
}

/** Valibot accepts a list, a Map or a Date as an object of optional fields; this check refuses them. */
function refuseOtherObjects(output: unknown, given: unknown, path: string[], whole: string): void {
  if (typeof output !== "object" || output === null || given === undefined) return;
  if (!Array.isArray(output) && !isPlainObject(given)) throw noObject(path, given, whole);
  for (const [key, value] of Object.entries(output)) {
    refuseOtherObjects(value, (given as Record<string, unknown>)[key], [...path, key], whole);
  }
}
