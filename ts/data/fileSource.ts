import { InputError } from "../errors/errors.js";
import type { ImageFiles } from "./images.js";

/** Image sets with a known name. */
export type NamedSet = "fashion-mnist" | "mnist";

/** Where bytes come from: files in Node, the network in a browser. */
export interface FileSource {
  /**
   * The bytes of a file.
   * @throws InputError for `field` if it cannot be read.
   */
  read(path: string, field: string): Promise<Uint8Array>;
  /** The four files of a named set. */
  named(name: NamedSet, folder: string | undefined, withTest: boolean): Promise<ImageFiles>;
}

/** A source for generated data only. It throws if a file is needed. */
export const noFiles: FileSource = {
  read: (path, field) => {
    throw new InputError(
      field,
      `${field} is "${path}": this host reads no files; pass a file source or the data itself`,
    );
  },
  named: (name) => {
    throw new InputError(
      "data.name",
      `data.name is "${name}": this host has no files; pass a file source or the data itself`,
    );
  },
};
