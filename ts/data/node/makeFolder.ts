import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/**
 * Makes a folder and its missing parent folders. Node's own `recursive` option has two faults: on a read-only file
 * system it reports that a file does not exist, and in a file system that takes no folders, such as /proc, it never
 * returns.
 * @throws the system's error for the first folder that could not be made.
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
