import { type FileHandle, open, readdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder } from "../../data/node/makeFolder.js";
import { RunError } from "../../errors/errors.js";
import type { Storage } from "../storage.js";
import { syncFolder, unreadable, unwritable, writeWhole } from "./atomic.js";
import { type Lock, takeLock } from "./lock.js";

/** A folder on a disk. This process either holds its lock or only reads it. */
export class Folder implements Storage {
  readonly name: string;
  /** Null if the folder is only read. */
  readonly #lock: Lock | null;
  readonly #handles = new Map<string, Promise<FileHandle>>();

  /**
   * Opens a folder and takes its lock.
   * @param say receives a line if it takes a while to find out whether another process holds the folder.
   * @throws RunError that names the process that holds the folder, if another does.
   */
  static async open(path: string, say?: (line: string) => void): Promise<Folder> {
    const lock = await takeLock(path, say);
    await removeParts(path);
    return new Folder(path, lock);
  }

  /**
   * Opens a folder for reading, even if another process holds it. An append by that process is seen whole or not at
   * all.
   */
  static reader(path: string): Folder {
    return new Folder(path, null);
  }

  private constructor(path: string, lock: Lock | null) {
    this.name = path;
    this.#lock = lock;
  }

  async read(file: string): Promise<Uint8Array | null> {
    return readOrNull(join(this.name, file));
  }

  async readRange(file: string, offset: number, length: number): Promise<Uint8Array | null> {
    const handle = await this.#handle(file).catch((error: RunError) => {
      if ((error.cause as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    });
    if (!handle) return null;
    const bytes = new Uint8Array(length);
    try {
      let done = 0;
      while (done < length) {
        const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
        if (bytesRead === 0) return null;
        done += bytesRead;
      }
      return bytes;
    } catch (cause) {
      throw unreadable(join(this.name, file), cause);
    }
  }

  async size(file: string): Promise<number> {
    const handle = await this.#handle(file);
    try {
      return (await handle.stat()).size;
    } catch (cause) {
      throw unreadable(join(this.name, file), cause);
    }
  }

  async append(file: string, bytes: Uint8Array): Promise<void> {
    await this.check();
    const handle = await this.#handle(file);
    try {
      await handle.appendFile(bytes);
      await handle.datasync();
    } catch (cause) {
      throw unwritable(join(this.name, file), cause);
    }
  }

  async write(file: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.name, file);
    await this.check();
    try {
      await makeFolder(dirname(path));
    } catch (cause) {
      throw unwritable(path, cause);
    }
    await writeWhole(path, bytes);
  }

  async remove(file: string): Promise<void> {
    const path = join(this.name, file);
    await this.check();
    try {
      await rm(path, { force: true });
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }

  async check(): Promise<void> {
    if (!this.#lock) throw new RunError(`${this.name} is open for reading only`);
    await this.#lock.check();
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#handles.values());
    this.#handles.clear();
    try {
      for (const one of opened) if (one.status === "fulfilled") await one.value.close();
    } finally {
      await this.#lock?.release();
    }
  }

  /** The handle of a file, opened once. After a failure, which may be temporary, the next call tries again. */
  #handle(file: string): Promise<FileHandle> {
    const known = this.#handles.get(file);
    if (known) return known;
    const opened = this.#open(file);
    this.#handles.set(file, opened);
    opened.catch(() => this.#handles.delete(file));
    return opened;
  }

  async #open(file: string): Promise<FileHandle> {
    const path = join(this.name, file);
    try {
      if (!this.#lock) return await open(path, "r");
      const handle = await open(path, "a+");
      // The file may be new. Syncing it is not enough: the folder must be synced too, or the file's name may be lost.
      await syncFolder(this.name).catch(async (cause) => {
        await handle.close();
        throw cause;
      });
      return handle;
    } catch (cause) {
      throw this.#lock ? unwritable(path, cause) : unreadable(path, cause);
    }
  }
}

/**
 * Removes files that a killed process did not finish. Only the holder of the lock writes here, so they are nobody
 * else's.
 */
async function removeParts(path: string): Promise<void> {
  for (const folder of [path, join(path, "checkpoints"), join(path, "figures")]) {
    const names = await readdir(folder).catch(() => []);
    // Files named `lock.*.part` belong to other processes that are trying to take the lock.
    const parts = names.filter((name) => name.endsWith(".part") && !name.startsWith("lock."));
    for (const name of parts) await rm(join(folder, name), { force: true });
  }
}

async function readOrNull(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw unreadable(path, cause);
  }
}
