import { npzNames } from "../../../ts/data/npz.js";
import type { DataInput } from "../../../ts/data/specs.js";
import { InputError } from "../../../ts/errors/errors.js";

/** A file that was dropped: its name, and its bytes when they are asked for. */
export interface NamedFile {
  readonly name: string;
  bytes(): Promise<Uint8Array>;
}

const TABLE = /\.(csv|tsv|txt|data)$/i;
const IDX = /(idx[13]-ubyte|\.idx[13]?)(\.gz)?$/i;
const TARGETS = /^(y|labels?|targets?|classes|y_train|train_y|train_labels)$/i;
const INPUTS = /^(x|inputs?|images|features|data|x_train|train_x|train_images)$/i;

/** Files that this page knows how to read as samples. */
export function isDataFile(name: string): boolean {
  return TABLE.test(name) || IDX.test(name) || /\.np[yz]$/i.test(name);
}

/**
 * The `data` field of an experiment that reads these files, guessed from their names and their first bytes. The reader
 * may correct it.
 * @throws InputError if the files do not belong together.
 */
export async function specOfFiles(files: readonly NamedFile[]): Promise<DataInput> {
  const idx = files.filter(({ name }) => IDX.test(name));
  if (idx.length > 0) return idxSpec(idx.map(({ name }) => name));
  const [npz] = files.filter(({ name }) => /\.npz$/i.test(name));
  if (npz) return npzSpec(npz);
  const npy = files.filter(({ name }) => /\.npy$/i.test(name)).map(({ name }) => name);
  if (npy.length > 0) return npySpec(npy);
  const [table] = files.filter(({ name }) => TABLE.test(name));
  if (table) return tableSpec(table);
  throw new InputError(
    "files",
    `${files.map(({ name }) => name).join(", ")}: takes CSV, NPY, NPZ or IDX files`,
  );
}

function idxSpec(names: readonly string[]): DataInput {
  const isTest = (name: string) => /t10k|test/i.test(name);
  const isImages = (name: string) => /idx3/i.test(name) || /image/i.test(name);
  const pick = (test: boolean, images: boolean) =>
    names.find((name) => isTest(name) === test && isImages(name) === images);
  const [images, labels] = [pick(false, true), pick(false, false)];
  if (!images || !labels) {
    throw new InputError(
      "files",
      `${names.join(", ")}: takes a file of images and one of their labels together (…idx3-ubyte and …idx1-ubyte)`,
    );
  }
  const [testImages, testLabels] = [pick(true, true), pick(true, false)];
  const test = testImages && testLabels ? { testImages, testLabels } : {};
  return { name: "idx", images, labels, ...test };
}

async function npzSpec(file: NamedFile): Promise<DataInput> {
  const names = npzNames(await file.bytes(), file.name);
  const inputs = names.find((name) => INPUTS.test(name)) ?? "X";
  const targets = names.find((name) => TARGETS.test(name)) ?? "y";
  return { name: "npz", path: file.name, inputs, targets };
}

function npySpec(names: readonly string[]): DataInput {
  const stem = (name: string) => name.replace(/\.npy$/i, "");
  const targets = names.find((name) => TARGETS.test(stem(name))) ?? names[1];
  const inputs = names.find((name) => INPUTS.test(stem(name)) && name !== targets) ?? names[0];
  if (!targets || inputs === targets) {
    throw new InputError(
      "files",
      `${names.join(", ")}: takes a file of samples and one of their targets together (X.npy and y.npy)`,
    );
  }
  return { name: "npy", inputs, targets };
}

/** Bytes of a table that are looked at. */
const HEAD = 4096;

async function tableSpec(file: NamedFile): Promise<DataInput> {
  const head = new TextDecoder().decode((await file.bytes()).subarray(0, HEAD));
  const line = (/^.*/.exec(head.trimStart())?.[0] ?? "").replace(/"[^"]*"/g, "x");
  const separator = ([",", ";", "\t", " "] as const).find((one) => line.includes(one)) ?? ",";
  const cells = line.split(separator).map((cell) => cell.trim());
  const numbers = cells.every((cell) => cell !== "" && Number.isFinite(Number(cell)));
  return {
    ...{ name: "csv", path: file.name },
    ...(separator !== "," && { separator }),
    ...(numbers && { header: false }),
  };
}
