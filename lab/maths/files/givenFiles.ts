import type { FileSource, NamedSet } from "../../../ts/data/fileSource.js";
import type { ImageFiles } from "../../../ts/data/images.js";
import { InputError, shown } from "../../../ts/errors/errors.js";
import { fileName } from "../../../ts/experiment/dataPaths.js";
import { keptFile } from "./keptFiles.js";

/** Files that somebody dropped on the page and does not keep, by name. */
const given = new Map<string, Blob>();

/** Takes files in the place of those given before. */
export function give(files: ReadonlyMap<string, Blob>): void {
  given.clear();
  for (const [name, file] of files) given.set(name, file);
}

/** Files of this page: those that were dropped on it, then those that the browser keeps. Nothing is downloaded. */
export const givenFiles: FileSource = {
  async read(path: string, field: string): Promise<Uint8Array> {
    const file = await find(path);
    if (!file) {
      throw new InputError(
        field,
        `${field} is ${shown(path)}: this page has no such file; drop it in the view “Your data”`,
      );
    }
    return bytesOf(file, field, path);
  },
  async named(name: NamedSet, _folder: string | undefined, withTest: boolean): Promise<ImageFiles> {
    const read = async (file: string) => {
      const found = (await find(`${file}.gz`)) ?? (await find(file));
      if (found) return { bytes: await bytesOf(found, "data.name", file), field: file };
      throw new InputError(
        "data.name",
        `data.name is "${name}": this page has no file ${file}; drop it in the view “Your data”`,
      );
    };
    const training = {
      images: await read("train-images-idx3-ubyte"),
      labels: await read("train-labels-idx1-ubyte"),
    };
    if (!withTest) return training;
    return {
      ...training,
      testImages: await read("t10k-images-idx3-ubyte"),
      testLabels: await read("t10k-labels-idx1-ubyte"),
    };
  },
};

async function find(path: string): Promise<Blob | null> {
  const name = fileName(path);
  return given.get(name) ?? (await keptFile(name));
}

async function bytesOf(file: Blob, field: string, path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    throw new InputError(
      field,
      `${field} is ${shown(path)}: the file cannot be read any more (${(error as Error).message}); drop it again`,
    );
  }
}
