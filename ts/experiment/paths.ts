import { cut, InputError, shown } from "../errors/errors.js";

/** Largest number of keys in a path; no field of an experiment is deeper. */
const MOST_KEYS = 8;

/**
 * A copy of `json` with the field at a dotted path such as `noise.0.sigma` set to `value`. Missing objects and list
 * entries on the path are made.
 * @throws InputError if the path leads through a value without fields, or beyond the end of a list.
 */
export function withField(json: unknown, path: string, value: unknown): unknown {
  return set(json, keysOf(path), 0, cut(path), value);
}

/**
 * The keys of a dotted path.
 * @throws InputError if there can be no field at that path.
 */
export function keysOf(path: string): string[] {
  const keys = path.split(".");
  if (keys.length > MOST_KEYS || keys.some((key) => key === "" || key === "__proto__")) {
    throw new InputError(
      cut(path),
      `${shown(path)} is not a field: takes a dotted path such as noise.0.sigma`,
    );
  }
  return keys;
}

function set(node: unknown, keys: string[], depth: number, path: string, value: unknown): unknown {
  if (depth === keys.length) return value;
  const key = keys[depth];
  const index = /^\d+$/.test(key) ? Number(key) : undefined;
  if (Array.isArray(node) || (node === undefined && index !== undefined)) {
    const list: unknown[] = [...((node as unknown[]) ?? [])];
    if (index === undefined || index > list.length) {
      throw new InputError(
        path,
        `${path}: ${place(keys, depth)} is a list of ${list.length}, and ${shown(key)} is not an entry of it`,
      );
    }
    list[index] = set(list[index], keys, depth + 1, path, value);
    return list;
  }
  if (node !== undefined && (typeof node !== "object" || node === null)) {
    throw new InputError(
      path,
      `${path}: ${place(keys, depth)} is ${shown(node)} and takes no fields`,
    );
  }
  const object = (node ?? {}) as Record<string, unknown>;
  const old = Object.hasOwn(object, key) ? object[key] : undefined;
  return { ...object, [key]: set(old, keys, depth + 1, path, value) };
}

function place(keys: readonly string[], depth: number): string {
  return cut(keys.slice(0, depth).join(".")) || "the experiment";
}

/** The value at a dotted path; undefined if there is none. */
export function fieldAt(json: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<any>((node, key) => (Object.hasOwn(Object(node), key) ? node[key] : undefined), json);
}

/** The value of `text` in `--set field=text`: parsed as JSON if it is JSON, otherwise the string itself. */
export function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
