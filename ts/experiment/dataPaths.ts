import { isPlainObject } from "../schema/plainObject.js";

/** Fields of any data that name files or folders. */
const PATHS = ["path", "folder", "images", "labels", "testImages", "testLabels"];
/** Of `npy` data these name files too; of `npz` data they name arrays. */
const NPY_PATHS = ["inputs", "targets"];

/** Whether a field of the data of that name holds the path of a file or of a folder. */
export function isDataPath(name: unknown, field: string): boolean {
  return PATHS.includes(field) || (name === "npy" && NPY_PATHS.includes(field));
}

/** A copy of an experiment's data with every path changed; what is no data comes back as it is. */
export function withPaths(data: unknown, change: (path: string) => string): unknown {
  if (!isPlainObject(data)) return data;
  const entries = Object.entries(data).map(([field, value]) => [
    field,
    isDataPath(data.name, field) && typeof value === "string" && value ? change(value) : value,
  ]);
  return Object.fromEntries(entries);
}

/** A path's last name: what does not depend on where the file lies. */
export function fileName(path: string): string {
  return path.replace(/[\\/]+$/, "").replace(/^.*[\\/]/, "");
}

/** A copy of an experiment whose data name files without their folders. */
export function withoutPlaces(experiment: unknown): unknown {
  if (!isPlainObject(experiment) || !("data" in experiment)) return experiment;
  return { ...experiment, data: withPaths(experiment.data, fileName) };
}
