import { isPlainObject } from "../schema/plainObject.js";
import { isDataPath, withPaths } from "./dataPaths.js";

/**
 * A copy of an experiment or a sweep with every path of a data file changed, including swept ones. Other values are
 * returned unchanged, and are refused when they are parsed.
 */
export function withDataPaths<T>(json: T, change: (path: string) => string): T {
  if (!isPlainObject(json)) return json;
  const { data, sweep } = json as { data?: unknown; sweep?: unknown };
  const name = isPlainObject(data) ? data.name : undefined;
  const changed = (field: string, value: unknown): unknown => {
    if (field === "data") return withPaths(value, change);
    const key = field.startsWith("data.") ? field.slice("data.".length) : "";
    return isDataPath(name, key) && typeof value === "string" ? change(value) : value;
  };
  const axis = ([names, values]: [string, unknown]): [string, unknown] => {
    if (!Array.isArray(values)) return [names, values];
    const fields = names.split(",").map((field) => field.trim());
    const one = (value: unknown) =>
      fields.length > 1 && Array.isArray(value)
        ? value.map((part, i) => changed(fields[i] ?? "", part))
        : changed(names, value);
    return [names, values.map(one)];
  };
  return {
    ...json,
    ...(data !== undefined && { data: withPaths(data, change) }),
    ...(isPlainObject(sweep) && { sweep: Object.fromEntries(Object.entries(sweep).map(axis)) }),
  };
}

/** All paths of data files in an experiment or a sweep, in order. */
export function dataPaths(json: unknown): string[] {
  const found: string[] = [];
  withDataPaths(json, (path) => {
    found.push(path);
    return path;
  });
  return found;
}
