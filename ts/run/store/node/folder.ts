import { type FileHandle, mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { RunError } from "../../../errors/errors.js";
import { unwritable, writeWhole } from "../../node/atomic.js";
import type { Storage } from "../storage.js";
import { takeLock } from "./lock.js";

/** A folder on a disk, held by this process alone. */
export class Folder implements Storage {
  readonly name: string;
  readonly #unlock: () => Promise<void>;
  readonly #handles = new Map<string, Promise<FileHandle>>();

  /** @throws RunError that tells who holds the folder, if another process does. */
  static async open(path: string): Promise<Folder> {
    return new Folder(path, await takeLock(path));
  }

  private constructor(path: string, unlock: () => Promise<void>) {
    this.name = path;
    this.#unlock = unlock;
  }

  async read(file: string): Promise<Uint8Array | null> {
    return readOrNull(join(this.name, file));
  }

  async readRange(file: string, offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    const { bytesRead } = await (await this.#handle(file)).read(bytes, 0, length, offset);
    if (bytesRead < length) throw new RunError(`${join(this.name, file)} is cut short`);
    return bytes;
  }

  async size(file: string): Promise<number> {
    return (await (await this.#handle(file)).stat()).size;
  }

  async append(file: string, bytes: Uint8Array): Promise<void> {
    try {
      const handle = await this.#handle(file);
      await handle.appendFile(bytes);
      await handle.datasync();
    } catch (cause) {
      throw unwritable(join(this.name, file), cause);
    }
  }

  async write(file: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.name, file);
    await mkdir(dirname(path), { recursive: true });
    await writeWhole(path, bytes);
  }

  async remove(file: string): Promise<void> {
    await rm(join(this.name, file), { force: true });
  }

  async close(): Promise<void> {
    for (const handle of this.#handles.values()) await (await handle).close();
    this.#handles.clear();
    await this.#unlock();
  }

  /** Opened once, for reading and appending. */
  #handle(file: string): Promise<FileHandle> {
    const opened = this.#handles.get(file) ?? open(join(this.name, file), "a+");
    this.#handles.set(file, opened);
    return opened;
  }
}

async function readOrNull(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return null;
    throw new RunError(`${path} could not be read: ${message}`, { cause });
  }
}
