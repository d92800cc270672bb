import { isPlainObject } from "../schema/plainObject.js";

/** Fields of any data that name files or folders. */
const PATHS = new Set(["path", "folder", "images", "labels", "testImages", "testLabels"]);
/** Of `npy` data these name files too; of `npz` data they name arrays. */
const NPY_PATHS = new Set(["inputs", "targets"]);

/**
 * A copy of an experiment or a sweep with every path of a data file changed, those that are swept too. What is no
 * experiment comes back as it is: whoever parses it says what is wrong with it.
 */
export function withDataPaths<T>(json: T, change: (path: string) => string): T {
  if (!isPlainObject(json)) return json;
  const { data, sweep } = json as { data?: unknown; sweep?: unknown };
  const name = isPlainObject(data) ? data.name : undefined;
  const changed = (field: string, value: unknown): unknown => {
    if (field === "data") return inData(value, change);
    const key = field.startsWith("data.") ? field.slice("data.".length) : "";
    return isPath(name, key) && typeof value === "string" ? change(value) : value;
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
    ...(data !== undefined && { data: inData(data, change) }),
    ...(isPlainObject(sweep) && { sweep: Object.fromEntries(Object.entries(sweep).map(axis)) }),
  };
}

/** The same with each path cut to its last name: what does not depend on where the files lie. */
export function withoutPlaces<T>(json: T): T {
  return withDataPaths(json, (path) => path.replace(/[\\/]+$/, "").replace(/^.*[\\/]/, ""));
}

/** Every path of a data file, in order. */
export function dataPaths(json: unknown): string[] {
  const found: string[] = [];
  withDataPaths(json, (path) => {
    found.push(path);
    return path;
  });
  return found;
}

function inData(data: unknown, change: (path: string) => string): unknown {
  if (!isPlainObject(data)) return data;
  const entries = Object.entries(data).map(([key, value]) => [
    key,
    isPath(data.name, key) && typeof value === "string" && value !== "" ? change(value) : value,
  ]);
  return Object.fromEntries(entries);
}

function isPath(name: unknown, key: string): boolean {
  return PATHS.has(key) || (name === "npy" && NPY_PATHS.has(key));
}
