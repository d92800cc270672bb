import { cut, InputError, shown } from "../errors/errors.js";

/** No field of an experiment lies deeper. */
const MOST_KEYS = 8;

/**
 * A copy of `json` with the field at a dotted path such as `noise.0.sigma` set to `value`; objects and list
 * entries on the way are made where they are missing.
 * @throws InputError if the path goes through something that has no fields, or past the end of a list.
 */
export function withField(json: unknown, path: string, value: unknown): unknown {
  return set(json, keysOf(path), 0, cut(path), value);
}

/**
 * The keys of a dotted path.
 * @throws InputError if no field can be there.
 */
export function keysOf(path: string): string[] {
  const keys = path.split(".");
  if (keys.length > MOST_KEYS || keys.some((key) => key === "" || key === "__proto__")) {
    throw new InputError(
      cut(path),
      `${shown(path)} is no field: takes a dotted path such as noise.0.sigma`,
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
        `${path}: ${place(keys, depth)} is a list of ${list.length}, and ${shown(key)} is no entry of it`,
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

/** The value at a dotted path, or undefined. */
export function fieldAt(json: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<any>((node, key) => (Object.hasOwn(Object(node), key) ? node[key] : undefined), json);
}

/** `text` as JSON where it is JSON, else as the plain string that it is: what `--set field=text` means. */
export function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
