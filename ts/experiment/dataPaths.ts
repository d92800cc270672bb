import { isPlainObject } from "../schema/plainObject.js";

/** Fields that name files or folders in any kind of data. */
const PATHS = ["path", "folder", "images", "labels", "testImages", "testLabels"];
/** These fields name files in `npy` data, but arrays in `npz` data. */
const NPY_PATHS = ["inputs", "targets"];

/** Whether a field holds the path of a file or folder, in data of this name. */
export function isDataPath(name: unknown, field: string): boolean {
  return PATHS.includes(field) || (name === "npy" && NPY_PATHS.includes(field));
}

/** A copy of an experiment's data with every path changed. Other values are returned unchanged. */
export function withPaths(data: unknown, change: (path: string) => string): unknown {
  if (!isPlainObject(data)) return data;
  const entries = Object.entries(data).map(([field, value]) => [
    field,
    isDataPath(data.name, field) && typeof value === "string" && value ? change(value) : value,
  ]);
  return Object.fromEntries(entries);
}

/** A path's last part, which does not depend on the folder. */
export function fileName(path: string): string {
  return path.replace(/[\\/]+$/, "").replace(/^.*[\\/]/, "");
}

/** A copy of an experiment in which the data name files without their folders. */
export function withoutPlaces(experiment: unknown): unknown {
  if (!isPlainObject(experiment) || !("data" in experiment)) return experiment;
  return { ...experiment, data: withPaths(experiment.data, fileName) };
}
