import { RunError } from "../../../ts/errors/errors.js";

/** The site's private folder of files that somebody wants to keep. */
const FOLDER = "ninscope-lab-files";

/** A file that the browser keeps; null if there is none of that name, or the browser keeps no files. */
export async function keptFile(name: string): Promise<File | null> {
  try {
    const folder = await folderOf(false);
    return (await (await folder?.getFileHandle(name))?.getFile()) ?? null;
  } catch {
    // It is not there, or no file can have that name.
    return null;
  }
}

/** Names and bytes of the kept files. */
export async function keptFiles(): Promise<File[]> {
  const folder = await folderOf(false).catch(() => null);
  if (!folder) return [];
  const files: File[] = [];
  for await (const handle of folder.values()) {
    if (handle.kind === "file") files.push(await handle.getFile());
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @throws RunError if the browser cannot keep it. */
export async function keepFile(name: string, file: Blob): Promise<void> {
  try {
    const folder = await folderOf(true);
    if (!folder) throw new Error("this browser has no private file system");
    const stream = await (await folder.getFileHandle(name, { create: true })).createWritable();
    await file.stream().pipeTo(stream);
  } catch (cause) {
    const { name: kind, message } = cause as DOMException;
    const why = kind === "QuotaExceededError" ? "the site's storage is full" : message;
    throw new RunError(`${name} could not be kept: ${why}`, { cause });
  }
}

/** Deletes all kept files. */
export async function forgetFiles(): Promise<void> {
  const root = await navigator.storage?.getDirectory?.();
  await root?.removeEntry(FOLDER, { recursive: true }).catch(() => {});
}

async function folderOf(create: boolean): Promise<FileSystemDirectoryHandle | null> {
  const root = await navigator.storage?.getDirectory?.();
  return root ? root.getDirectoryHandle(FOLDER, { create }) : null;
}
