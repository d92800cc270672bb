import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/**
 * Makes a folder and those above it that are missing. Node's own `recursive` says that a file is not there where a
 * file system is read-only, and never returns in one that takes no folders, such as /proc.
 * @throws the system's error of the first folder that could not be made.
 */
export async function makeFolder(path: string): Promise<void> {
  const full = resolve(path);
  try {
    await mkdir(full);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await isFolder(full))) return;
    if (code !== "ENOENT" || (await isFolder(dirname(full)))) throw error;
    await makeFolder(dirname(full));
    await makeFolder(full);
  }
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found?.isDirectory() ?? false;
}
