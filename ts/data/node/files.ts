import { basename, join } from "node:path";
import { InputError, shown } from "../../errors/errors.js";
import type { FileSource } from "../load.js";
import { type FetchOptions, fetchSet } from "./download.js";
import { locate, readSet } from "./locate.js";
import { readBytes } from "./readBytes.js";

/** How `nodeFiles` finds data sets. */
export interface NodeFilesOptions extends Pick<FetchOptions, "onProgress" | "signal" | "baseUrl"> {
  /** Whether to download a named set that is not found; otherwise that is an error. */
  readonly download?: boolean;
  /** Folder in which to look for the files that experiments name, by file name alone; left out: each at its path. */
  readonly folder?: string;
}

/** A source of files on this machine. Named data sets are searched in the usual folders. */
export function nodeFiles(options: NodeFilesOptions = {}): FileSource {
  const here = (path: string) =>
    options.folder === undefined ? path : join(options.folder, basename(path));
  return {
    read: (path, field) => readBytes(here(path), field),
    named: async (name, given, withTest) => {
      const folder = given === undefined ? undefined : here(given);
      const place = await locate(name, folder);
      if (place) return readSet(name, place, withTest);
      if (folder !== undefined) {
        throw new InputError(
          "data.folder",
          `data.folder is ${shown(folder)}: takes a folder that holds the four files of ${name}`,
        );
      }
      if (!options.download) {
        throw new InputError(
          "data.name",
          `data.name is "${name}": its files are not on this machine; \`ninscope data fetch ${name}\` downloads them, data.folder says where they are`,
        );
      }
      return readSet(name, await fetchSet(name, { ...options, folder: undefined }), withTest);
    },
  };
}
