import { InputError, RunError, shown } from "../errors/errors.js";
import { Appender } from "./opfsAppender.js";
import type { Storage } from "./storage.js";
import { Store } from "./store.js";

/**
 * Opens a store in this site's private file system (OPFS) and takes its lock. It is made if it does not exist.
 * @param say receives a line about each damaged file, whose run is repeated.
 * @throws InputError if `name` is not a valid folder name; RunError if another page or worker of this site holds the
 * store, or the browser has no such file system.
 */
export async function openBrowserStore(name: string, say?: (line: string) => void): Promise<Store> {
  const held = await Opfs.open(name);
  return Store.open(held, say).catch(async (error) => {
    await held.close();
    throw error;
  });
}

/** A folder of the private file system. */
class Opfs implements Storage {
  readonly name: string;
  readonly #folder: FileSystemDirectoryHandle;
  readonly #unlock: () => void;
  readonly #appender = new Appender();

  static async open(name: string): Promise<Opfs> {
    if (!navigator.storage?.getDirectory || !navigator.locks) {
      throw new RunError("this browser has no private file system, or this page may not use it");
    }
    const unlock = await takeLock(name);
    try {
      const root = await navigator.storage.getDirectory();
      const own = await root.getDirectoryHandle("ninscope", { create: true });
      return new Opfs(name, await own.getDirectoryHandle(name, { create: true }), unlock);
    } catch (cause) {
      unlock();
      if (cause instanceof TypeError) {
        throw new InputError(
          "name",
          `name is ${shown(name)}: takes a folder's name, without slashes`,
        );
      }
      throw new RunError(`${name} could not be opened: ${(cause as Error).message}`, { cause });
    }
  }

  private constructor(name: string, folder: FileSystemDirectoryHandle, unlock: () => void) {
    this.name = name;
    this.#folder = folder;
    this.#unlock = unlock;
  }

  async read(file: string): Promise<Uint8Array | null> {
    const found = await this.#find(file);
    return found && new Uint8Array(await found.arrayBuffer());
  }

  async readRange(file: string, offset: number, length: number): Promise<Uint8Array | null> {
    const part = (await this.#find(file))?.slice(offset, offset + length);
    return part?.size === length ? new Uint8Array(await part.arrayBuffer()) : null;
  }

  async size(file: string): Promise<number> {
    return (await this.#find(file))?.size ?? 0;
  }

  append(file: string, bytes: Uint8Array): Promise<void> {
    return this.#written(file, (handle) => this.#appender.append(handle, bytes));
  }

  /** Writes a copy that replaces the file once it is complete. */
  write(file: string, bytes: Uint8Array): Promise<void> {
    return this.#written(file, async (handle) => {
      const stream = await handle.createWritable();
      await stream.write(bytes as Uint8Array<ArrayBuffer>);
      await stream.close();
    });
  }

  async remove(file: string): Promise<void> {
    const [folder, base] = await this.#place(file);
    if (await this.#find(file)) await folder.removeEntry(base);
  }

  /** The browser keeps this lock until it is released, so it cannot be lost. */
  async check(): Promise<void> {}

  async close(): Promise<void> {
    this.#appender.close();
    this.#unlock();
  }

  async #written(
    file: string,
    write: (handle: FileSystemFileHandle) => Promise<void>,
  ): Promise<void> {
    try {
      const [folder, base] = await this.#place(file);
      await write(await folder.getFileHandle(base, { create: true }));
    } catch (cause) {
      const { name, message } = cause as DOMException;
      const why = name === "QuotaExceededError" ? "the site's storage is full" : message;
      throw new RunError(`${this.name}/${file} could not be written: ${why}`, { cause });
    }
  }

  async #find(file: string): Promise<File | null> {
    const [folder, base] = await this.#place(file);
    try {
      return await (await folder.getFileHandle(base)).getFile();
    } catch (cause) {
      const { name, message } = cause as DOMException;
      if (name === "NotFoundError") return null;
      throw new RunError(`${this.name}/${file} could not be read: ${message}`, { cause });
    }
  }

  /** The folder that a file is in, made if it does not exist, and the file's name in it. */
  async #place(file: string): Promise<[FileSystemDirectoryHandle, string]> {
    const parts = file.split("/");
    const base = parts.pop() as string;
    let folder = this.#folder;
    for (const part of parts) folder = await folder.getDirectoryHandle(part, { create: true });
    return [folder, base];
  }
}

/**
 * Takes a lock that the browser releases when the page is closed, for whatever reason.
 * @returns a function that releases it.
 */
function takeLock(name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const held = navigator.locks.request(`ninscope:${name}`, { ifAvailable: true }, (lock) => {
      if (lock) return new Promise<void>((release) => resolve(release));
      reject(new RunError(`${name} is in use by another page or worker of this site`));
    });
    held.catch(reject);
  });
}
