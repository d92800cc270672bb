import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { RunError } from "../../errors/errors.js";

/**
 * Writes a file whole or not at all: it writes to another name, syncs, and renames.
 * @throws RunError with the path and the cause, such as a full disk.
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  // Not the process id: in a folder that several machines share, two processes may have the same id.
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

/** Makes the names in a folder as durable as its files, if its file system supports that. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, "r");
    await folder.sync().finally(() => folder.close());
  } catch (cause) {
    if (["EIO", "ENOSPC"].includes((cause as NodeJS.ErrnoException).code ?? "")) throw cause;
  }
}

/** The error to throw if a file could not be written. */
export function unwritable(path: string, cause: unknown): RunError {
  const why = reason(cause as NodeJS.ErrnoException);
  return new RunError(`${path} could not be written: ${why}`, { cause });
}

/** The error to throw if a file could not be read. */
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

/** Whether a call failed because the process, or the whole host, has too many open files. */
export function isOutOfFiles(error: unknown): boolean {
  return ["EMFILE", "ENFILE"].includes((error as NodeJS.ErrnoException).code ?? "");
}
