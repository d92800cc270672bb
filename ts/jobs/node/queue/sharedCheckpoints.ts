import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../../../data/node/makeFolder.js";
import { InputError } from "../../../errors/errors.js";
import { encodeCheckpoint, wholeCheckpoint } from "../../../store/checkpointFile.js";
import { unreadable, unwritable, writeWhole } from "../../../store/node/atomic.js";
import type { CheckpointStore } from "../../../store/runStore.js";
import type { Checkpoint } from "../../../train/checkpoint.js";

/**
 * Checkpoints in a folder that workers on any machines share. It needs no lock: a new file replaces the old one as a whole,
 * and every checkpoint of a run leads to the same result, so an older one may replace a newer one.
 */
export class SharedCheckpoints implements CheckpointStore {
  readonly #folder: string;
  readonly #say: (line: string) => void;

  /**
   * @param say receives a line about each checkpoint that cannot be used; its run starts again.
   * @throws InputError if the path is a file; RunError if the folder cannot be created.
   */
  static async open(
    folder: string,
    say: (line: string) => void = () => {},
  ): Promise<SharedCheckpoints> {
    try {
      await makeFolder(folder);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw unwritable(folder, cause);
      throw new InputError(
        "--checkpoints",
        `--checkpoints is "${folder}": takes a folder, but this is a file`,
      );
    }
    return new SharedCheckpoints(folder, say);
  }

  private constructor(folder: string, say: (line: string) => void) {
    this.#folder = folder;
    this.#say = say;
  }

  async checkpoint(key: string): Promise<Checkpoint | null> {
    const file = this.#file(key);
    let bytes: Uint8Array;
    try {
      bytes = await readFile(file);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "ENOENT") {
        this.#say(`${unreadable(file, cause).message}; the run begins anew`);
      }
      return null;
    }
    return wholeCheckpoint(key, bytes, file, this.#say);
  }

  saveCheckpoint(key: string, checkpoint: Checkpoint): Promise<void> {
    return writeWhole(this.#file(key), encodeCheckpoint(key, checkpoint));
  }

  async dropCheckpoint(key: string): Promise<void> {
    const file = this.#file(key);
    await rm(file, { force: true }).catch((cause) => {
      throw unwritable(file, cause);
    });
  }

  #file(key: string): string {
    return join(this.#folder, `${key}.safetensors`);
  }
}
