import { cut, InputError } from "../errors/errors.js";
import { csvDataset } from "./csvDataset.js";
import type { Dataset } from "./dataset.js";
import type { FileSource } from "./fileSource.js";
import { type ImageFile, imageDataset } from "./images.js";
import { isFloat, type NpyArray, readNpy } from "./npy.js";
import { npzNames, readNpz } from "./npz.js";
import type { DataSpecOf } from "./specs.js";
import { tableDataset } from "./table.js";

/** The data sets that come from files. */
export type FileSpec = DataSpecOf<"fashion-mnist" | "mnist" | "idx" | "npz" | "npy" | "csv">;

/**
 * Reads a data set from files.
 * @throws InputError that names the field or the file, with what was expected and what was found.
 */
export async function fileDataset(spec: FileSpec, files: FileSource): Promise<Dataset> {
  switch (spec.name) {
    case "fashion-mnist":
    case "mnist":
      return imageDataset(await files.named(spec.name, spec.folder, spec.test > 0), {
        ...spec,
        classes: 10,
      });
    case "idx":
      return idxDataset(spec, files);
    case "npz":
      return npzDataset(spec, await files.read(spec.path, "data.path"));
    case "npy": {
      const inputs = readNpy(
        await files.read(spec.inputs, "data.inputs"),
        `data.inputs (${spec.inputs})`,
      );
      const targets = readNpy(
        await files.read(spec.targets, "data.targets"),
        `data.targets (${spec.targets})`,
      );
      return arraysDataset(spec, inputs, targets);
    }
    case "csv":
      return csvDataset(spec, await files.read(spec.path, "data.path"));
  }
}

async function idxDataset(spec: DataSpecOf<"idx">, files: FileSource): Promise<Dataset> {
  const file = async (
    key: "images" | "labels" | "testImages" | "testLabels",
  ): Promise<ImageFile | undefined> => {
    const path = spec[key];
    if (path === undefined) return undefined;
    return { bytes: await files.read(path, `data.${key}`), field: `data.${key} (${path})` };
  };
  const [images, labels] = [await file("images"), await file("labels")] as [ImageFile, ImageFile];
  const [testImages, testLabels] = [await file("testImages"), await file("testLabels")];
  if (!testImages !== !testLabels || (spec.test && !testImages)) {
    throw new InputError(
      "data.testImages",
      "data.testImages and data.testLabels: test samples take both files",
    );
  }
  return imageDataset({ images, labels, testImages, testLabels }, spec);
}

function npzDataset(spec: DataSpecOf<"npz">, bytes: Uint8Array): Dataset {
  const field = `data.path (${spec.path})`;
  const arrays = readNpz(bytes, field, [spec.inputs, spec.targets]);
  const array = (key: string, name: string): NpyArray => {
    const found = arrays.get(name);
    if (!found)
      throw new InputError(
        `data.${key}`,
        `data.${key} is "${name}": ${spec.path} has no such array; it has ${cut(npzNames(bytes, field).join(", "))}`,
      );
    return found;
  };
  return arraysDataset(spec, array("inputs", spec.inputs), array("targets", spec.targets));
}

function arraysDataset(
  spec: DataSpecOf<"npz"> | DataSpecOf<"npy">,
  { shape, values }: NpyArray,
  targets: NpyArray,
): Dataset {
  const rows = shape[0];
  if (shape.length < 1 || values.length === 0) {
    throw new InputError(
      "data.inputs",
      `data.inputs has shape (${shape.join(", ")}): takes samples in rows`,
    );
  }
  if (targets.shape[0] !== rows || targets.shape.length > 2 || targets.values.length === 0) {
    throw new InputError(
      "data.targets",
      `data.targets has shape (${targets.shape.join(", ")}): takes ${rows} rows, as many as the inputs have`,
    );
  }
  const { name, task, classes, train, test } = spec;
  return tableDataset({
    ...{ name, rows, inputs: values, targets: targets.values, floats: isFloat(targets) },
    ...{ task, classes, train, test },
  });
}
