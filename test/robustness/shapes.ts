import { type Dataset, datasetOf, train } from "../../ts/entries/browser.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import type { ExperimentInput } from "../../ts/experiment/schema.js";
import type { Kernels } from "../../ts/kernels/kernels.js";
import { PIXELS, SIDE } from "../../ts/robustness/corruptions/image.js";
import { type Model, modelOn } from "../../ts/robustness/model.js";
import { planOf } from "../../ts/train/plan.js";
import { normals, uniforms } from "./draws.js";

const CLASSES = 4;

/** Images of a disc in one of four corners, of any size and grey, with some noise. */
export function shapes(rows: number, testRows: number, bytes = false): Dataset {
  const all = rows + testRows;
  const [places, noise] = [uniforms(4 * all, 5), normals(PIXELS, 9)];
  const inputs = new Float32Array(all * PIXELS);
  for (let i = 0; i < all; i++) {
    const [x, y, size, grey] = places.subarray(4 * i, 4 * i + 4);
    const centre = [
      9 + 10 * (i % 2) + 4 * (x - 0.5),
      9 + 10 * (Math.floor(i / 2) % 2) + 4 * (y - 0.5),
    ];
    for (let k = 0; k < PIXELS; k++) {
      const distance = Math.hypot((k % SIDE) - centre[0], Math.floor(k / SIDE) - centre[1]);
      const disc = distance < 4 + 4 * size ? 0.4 + 0.5 * grey : 0.1;
      const value = disc + 0.05 * noise[(k + 31 * i) % PIXELS];
      inputs[i * PIXELS + k] = Math.min(Math.max(value, 0), 1);
    }
  }
  const stored = bytes ? Uint8Array.from(inputs, (value) => Math.round(255 * value)) : inputs;
  const labels = Uint32Array.from({ length: all }, (_, i) => i % CLASSES);
  const part = (from: number, count: number) => ({
    rows: count,
    inputs: stored.slice(from * PIXELS, (from + count) * PIXELS),
    targets: labels.slice(from, from + count),
  });
  const scale = bytes ? 3 / 255 : 3;
  const test = testRows > 0 ? part(rows, testRows) : undefined;
  return datasetOf({
    ...part(0, rows),
    test,
    classes: CLASSES,
    name: "shapes",
    scale,
    shift: -0.5,
  });
}

/** A network that was trained on such images, without any defence. */
export async function trainedOn(
  dataset: Dataset,
  kernels: Kernels,
  input: ExperimentInput = {},
): Promise<Model> {
  const experiment = parseExperiment({
    network: { layers: [24] },
    noise: [],
    optimizer: { batchSize: 20, learningRate: 0.05 },
    epochs: 10,
    ...input,
  });
  const { parameters } = await train(experiment, { dataset, kernels, backend: "wasm" });
  return modelOn(dataset, { network: planOf(experiment, dataset).network, parameters });
}
