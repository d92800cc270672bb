import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { jsonOf } from "../../data/text.js";
import { InputError } from "../../errors/errors.js";
import { JOURNAL, Store } from "../store.js";
import { unreadable } from "./atomic.js";
import { Folder } from "./folder.js";
import { type Claim, clearResults, openFolder, SPEC } from "./openFolder.js";
import { writeJson } from "./results.js";

/**
 * Opens the store in a folder of results, made if it is not there, and holds it.
 * @param field what named the folder, for the message.
 * @param say receives a line when it takes a while to find out whether another process holds the folder, and about each
 *   damaged file, whose run is made again.
 * @param claim what to do with earlier results; default: keep them.
 * @throws InputError if the folder holds something else, or results that the claim does not allow; RunError that names
 *   the process that holds it, if another does.
 */
export async function openStore(
  folder: string,
  field = "folder",
  say?: (line: string) => void,
  claim: Claim | null = null,
): Promise<Store> {
  await openFolder(folder, claim, field);
  const held = await Folder.open(folder, say);
  try {
    if (claim?.begin === "anew") await clearResults(folder);
    return await Store.open(held, say);
  } catch (error) {
    await held.close();
    throw error;
  }
}

/** The same for results that are written all at once: the folder is held only while earlier ones are removed. */
export async function prepareFolder(folder: string, claim: Claim): Promise<void> {
  await openFolder(folder, claim);
  if (claim.begin !== "anew") return;
  const held = await Folder.open(folder);
  await clearResults(folder).finally(() => held.close());
}

/** Opens the store in a folder to read it, without holding it: it may be another's, or on a disk that is read-only. */
export function readStore(folder: string): Promise<Store> {
  return Store.open(Folder.reader(folder));
}

/** Says in a folder what its results are of, before there are any. */
export async function writeSpec(folder: string, spec: unknown): Promise<void> {
  await writeJson(folder, SPEC, spec);
}

/**
 * What a folder's results are of.
 * @param field which option named the folder, for the message.
 * @throws InputError if it does not say; RunError if it cannot be read.
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
