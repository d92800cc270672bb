// Whole training steps of an experiment: node step.mjs '{"experiment": ..., "fast": true}'
// With `images` the data are this number of random images of 28 x 28 bytes.
import { randomFillSync } from "node:crypto";
import { dryRun, loadKernels, train } from "../../dist/node.js";
import { moduleOf } from "../lib/kernels.mjs";
import { serve } from "../lib/serve.mjs";
import { watched } from "./memory.mjs";
import { Training } from "./training.mjs";

const { experiment, fast, images } = JSON.parse(process.argv[2]);
const kernels = await loadKernels({ fast });
const { watching, bytes } = watched(kernels);
const dataset = images && imagesOf(images);
const training = await Training.begin(experiment, { kernels: watching, dataset });
const memoryBytes = bytes();
const { flopsPerStep, parameters } = await dryRun(experiment, { kernels });

await serve({
  ready: { module: moduleOf(kernels), flopsPerStep, parameters, memoryBytes },
  cases: { step: (steps) => training.run(steps) },
  losses: async (steps) => {
    const { trajectory } = await train(
      { ...experiment, epochs: undefined, steps },
      { kernels, dataset, backend: "wasm" },
    );
    return [...trajectory.steps.loss];
  },
});

function imagesOf(rows) {
  const inputs = randomFillSync(new Uint8Array(784 * rows));
  const targets = Uint32Array.from({ length: rows }, (_, i) => i % 10);
  const train = { rows, inputs, targets };
  const shape = { task: "classification", inputs: 784, outputs: 10, scale: 1 / 255, shift: 0 };
  return { name: "images", ...shape, train, test: null };
}
