import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { InputError } from "../../errors/errors.js";
import type { ImageFile, ImageFiles } from "../images.js";
import type { NamedSet } from "../load.js";
import { readBytes } from "./readBytes.js";
import { KNOWN_SETS } from "./sets.js";
import { unpacked } from "./unpacked.js";

/** Where downloaded data is kept: in `$NINSCOPE_CACHE`, or in the user's cache folder. */
export function cacheFolder(name: NamedSet): string {
  const { NINSCOPE_CACHE, XDG_CACHE_HOME } = process.env;
  const base = NINSCOPE_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), ".cache"), "ninscope");
  return join(base, name);
}

/**
 * The first folder that has all four files of a set; null if there is none. If a folder is given, only that one is
 * searched. Otherwise it searches `$NINSCOPE_DATA/<name>`, the folders of system packages, and the cache.
 */
export async function locate(name: NamedSet, folder?: string): Promise<string | null> {
  for (const candidate of candidates(name, folder)) {
    const names = KNOWN_SETS[name].files.map((file) => existing(candidate, file.name));
    if ((await Promise.all(names)).every((found) => found !== null)) return candidate;
  }
  return null;
}

function candidates(name: NamedSet, folder?: string): string[] {
  if (folder !== undefined) return [folder];
  const { NINSCOPE_DATA } = process.env;
  const own = NINSCOPE_DATA === undefined ? [] : [join(NINSCOPE_DATA, name)];
  return [...own, ...KNOWN_SETS[name].packages, cacheFolder(name)];
}

/** The path of a file in a folder, compressed as published or unpacked; null if there is neither. */
async function existing(folder: string, name: string): Promise<string | null> {
  for (const path of [join(folder, name), join(folder, name.replace(/\.gz$/, ""))]) {
    try {
      await access(path);
      return path;
    } catch {
      // Not there: try the next.
    }
  }
  return null;
}

/** Reads the files of a set from a folder; those of the test set only if they are needed. */
export async function readSet(
  name: NamedSet,
  folder: string,
  withTest: boolean,
): Promise<ImageFiles> {
  const read = async (role: string): Promise<ImageFile> => {
    const known = KNOWN_SETS[name].files.find((file) => file.role === role);
    const path = known && (await existing(folder, known.name));
    if (!path)
      throw new InputError(
        "data.name",
        `data.name is "${name}": ${folder} does not hold its ${role}`,
      );
    return { bytes: await unpacked(await readBytes(path, path)), field: path };
  };
  const [images, labels, testImages, testLabels] = await Promise.all([
    read("images"),
    read("labels"),
    ...(withTest ? [read("testImages"), read("testLabels")] : []),
  ]);
  return { images, labels, testImages, testLabels };
}
