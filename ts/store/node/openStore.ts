import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { jsonOf } from "../../data/text.js";
import { InputError } from "../../errors/errors.js";
import { MeasurementStore } from "../measurements.js";
import { JOURNAL, Store } from "../store.js";
import { unreadable } from "./atomic.js";
import { Folder } from "./folder.js";
import { type Claim, clearResults, openFolder, SPEC } from "./openFolder.js";
import { writeJson } from "./results.js";

/**
 * Opens the store in a folder of results and takes the folder's lock. The folder is made if it does not exist.
 * @param field the option or field that named the folder, for error messages.
 * @param say receives a line if it takes a while to find out whether another process holds the folder, and a line about
 * each damaged file, whose run is repeated.
 * @param claim what to do with earlier results; default: keep them.
 * @throws InputError if the folder holds something else, or results that the claim does not allow; RunError that names
 * the process that holds the folder, if another does.
 */
export async function openStore(
  folder: string,
  field = "folder",
  say?: (line: string) => void,
  claim: Claim | null = null,
): Promise<Store> {
  return opened(folder, field, say, claim, (held) => Store.open(held, say));
}

/** As `openStore`, for measurements of networks. */
export function openMeasurements(
  folder: string,
  field: string,
  say: (line: string) => void,
  claim: Claim,
): Promise<MeasurementStore> {
  return opened(folder, field, say, claim, (held) => MeasurementStore.open(held, say));
}

async function opened<T>(
  folder: string,
  field: string,
  say: ((line: string) => void) | undefined,
  claim: Claim | null,
  open: (held: Folder) => Promise<T>,
): Promise<T> {
  await openFolder(folder, claim, field);
  const held = await Folder.open(folder, say);
  try {
    if (claim?.begin === "anew") await clearResults(folder);
    return await open(held);
  } catch (error) {
    await held.close();
    throw error;
  }
}

/**
 * Prepares a folder for results that are written all at once. The folder is locked only while earlier results are
 * removed.
 */
export async function prepareFolder(folder: string, claim: Claim): Promise<void> {
  await openFolder(folder, claim);
  if (claim.begin !== "anew") return;
  const held = await Folder.open(folder);
  await clearResults(folder).finally(() => held.close());
}

/**
 * Opens the store in a folder for reading only, without its lock. Another process may hold the folder, or the disk may
 * be read-only.
 */
export function readStore(folder: string): Promise<Store> {
  return Store.open(Folder.reader(folder));
}

/** Writes to a folder what its results will belong to. */
export async function writeSpec(folder: string, spec: unknown): Promise<void> {
  await writeJson(folder, SPEC, spec);
}

/**
 * Reads what a folder's results belong to.
 * @param field the option that named the folder, for error messages.
 * @throws InputError if the folder does not say; RunError if the file cannot be read.
 */
export async function readSpec(folder: string, field: string): Promise<unknown> {
  const path = join(folder, SPEC);
  try {
    return jsonOf(await readFile(path), (why) => {
      throw new Error(why);
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined && code !== "ENOENT" && code !== "ENOTDIR")
      throw unreadable(path, error);
    const kept = await stat(join(folder, JOURNAL)).catch(() => null);
    const why =
      kept || code === undefined
        ? "its experiment.json, which says what its results are of, is missing or damaged; give the experiment again"
        : "it holds no results of ninscope's";
    throw new InputError(field, `${field} is "${folder}": ${why}`);
  }
}
