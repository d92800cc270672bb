import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { jsonOf } from "../../data/text.js";
import { InputError } from "../../errors/errors.js";
import { JOURNAL, Store } from "../store.js";
import { Folder } from "./folder.js";
import { openFolder, writeJson } from "./results.js";

/**
 * Opens the store in a folder of results, made if it is not there, and holds it.
 * @param field what named the folder, for the message.
 * @param say told when it takes a while to find out whether another process holds it.
 * @throws InputError if the folder holds something else; RunError that tells who holds it, if another process does.
 */
export async function openStore(
  folder: string,
  field = "folder",
  say?: (line: string) => void,
): Promise<Store> {
  await openFolder(folder, field);
  const held = await Folder.open(folder, say);
  return Store.open(held).catch(async (error) => {
    await held.close();
    throw error;
  });
}

/** Opens the store in a folder to read it, without holding it: it may be another's, or on a disk that is read-only. */
export function readStore(folder: string): Promise<Store> {
  return Store.open(Folder.reader(folder));
}

/** Says in a folder what its results are of, before there are any. */
export async function writeSpec(folder: string, spec: unknown): Promise<void> {
  await writeJson(folder, "experiment.json", spec);
}

/**
 * What a folder's results are of.
 * @param field which option named the folder, for the message.
 * @throws InputError if it does not say.
 */
export async function readSpec(folder: string, field: string): Promise<unknown> {
  const path = join(folder, "experiment.json");
  try {
    return jsonOf(await readFile(path), (why) => {
      throw new Error(why);
    });
  } catch {
    const kept = await stat(join(folder, JOURNAL)).catch(() => null);
    const why = kept
      ? "its experiment.json, which says what its results are of, is missing or damaged; give the experiment again"
      : "it holds no results of ninscope's";
    throw new InputError(field, `${field} is "${folder}": ${why}`);
  }
}
