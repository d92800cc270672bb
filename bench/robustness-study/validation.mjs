import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/**
 * Cuts validation images out of the training files, where no network is trained on them, into files of their own.
 * @returns data of an experiment that trains on the first images and tests on the validation ones.
 */
export function validationData(source, folder, train, { first, samples }) {
  const cut = (name, header, size) => {
    const all = gunzipSync(readFileSync(join(source, `${name}.gz`)));
    const own = Buffer.from(all.subarray(header + first * size, header + (first + samples) * size));
    const head = Buffer.from(all.subarray(0, header));
    head.writeUInt32BE(samples, 4);
    const path = join(folder, name.replace("train", "validation"));
    writeFileSync(path, Buffer.concat([head, own]));
    return path;
  };
  const [images, labels] = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"];
  return {
    name: "idx",
    images: join(source, `${images}.gz`),
    labels: join(source, `${labels}.gz`),
    testImages: cut(images, 16, 28 * 28),
    testLabels: cut(labels, 8, 1),
    train,
    test: samples,
  };
}
