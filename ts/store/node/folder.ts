import { type FileHandle, open, readdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder } from "../../data/node/makeFolder.js";
import { RunError } from "../../errors/errors.js";
import type { Storage } from "../storage.js";
import { syncFolder, unreadable, unwritable, writeWhole } from "./atomic.js";
import { type Lock, takeLock } from "./lock.js";

/** A folder on a disk, held by this process alone or only read. */
export class Folder implements Storage {
  readonly name: string;
  /** Null: it is not held. */
  readonly #lock: Lock | null;
  readonly #handles = new Map<string, Promise<FileHandle>>();

  /**
   * @param say told when it takes a while to find out whether another process holds it.
   * @throws RunError that tells who holds the folder, if another process does.
   */
  static async open(path: string, say?: (line: string) => void): Promise<Folder> {
    const lock = await takeLock(path, say);
    await removeParts(path);
    return new Folder(path, lock);
  }

  /** For reading alone, whoever holds it: what is appended is whole, or not seen. */
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
    if (!this.#lock) throw new RunError(`${this.name} is open for reading alone`);
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

  /** Opened once; after a failure, which may pass, the next call tries again. */
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
      // It may be new: what is synced into a file is of no use if the folder forgets the file.
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

/** Clears away what a process that was killed had begun to write: whoever holds the lock is the only writer. */
async function removeParts(path: string): Promise<void> {
  for (const folder of [path, join(path, "checkpoints"), join(path, "figures")]) {
    const names = await readdir(folder).catch(() => []);
    // Those of locks belong to others who want this one.
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
