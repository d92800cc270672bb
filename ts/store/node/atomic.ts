import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { RunError } from "../../errors/errors.js";

/**
 * Writes a whole file or none: under another name first, synced, then renamed.
 * @throws RunError with the path and the cause, such as a full disk.
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  // A name of its own, for in a folder that machines share another may have a process of the same number.
  const part = `${path}.${randomUUID()}.part`;
  try {
    const file = await open(part, "w");
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(part, { force: true }).catch(() => {});
    throw unwritable(path, cause);
  }
}

/** Makes the names in a folder as durable as the files, where its file system knows how. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, "r");
    await folder.sync().finally(() => folder.close());
  } catch (cause) {
    if (["EIO", "ENOSPC"].includes((cause as NodeJS.ErrnoException).code ?? "")) throw cause;
  }
}

/** What to say when a file could not be written. */
export function unwritable(path: string, cause: unknown): RunError {
  const why = reason(cause as NodeJS.ErrnoException);
  return new RunError(`${path} could not be written: ${why}`, { cause });
}

/** What to say when a file could not be read. */
export function unreadable(path: string, cause: unknown): RunError {
  const why = reason(cause as NodeJS.ErrnoException);
  return new RunError(`${path} could not be read: ${why}`, { cause });
}

function reason(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOSPC") return "the disk is full";
  if (error.code === "EFBIG") return "the file is larger than this process may write";
  if (error.code === "EACCES" || error.code === "EPERM") return "permission denied";
  if (error.code === "EROFS") return "the file system is read-only";
  if (error.code === "ENOENT") return "its file system takes no new files or folders there";
  if (isOutOfFiles(error)) return "too many files are open";
  return error.message;
}

/** Whether a call failed because the process, or the whole host, has as many files open as it may have. */
export function isOutOfFiles(error: unknown): boolean {
  return ["EMFILE", "ENFILE"].includes((error as NodeJS.ErrnoException).code ?? "");
}
