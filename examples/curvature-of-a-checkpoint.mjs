// The curvature of a network from a checkpoint, at each of its layers: measured directly, and read by noise nodes. The
// checkpoint is made here; one of PyTorch's would be read in the same way, with the data that it was trained on.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadDataset, train } from "ninscope";
import { curvatureOf, readNetwork, writeNetwork } from "ninscope/probe";

const data = { name: "gaussian-mixture", inputs: 16, classes: 4, train: 1000, test: 0 };

const { parameters } = await train({
  network: { layers: [32, 32], activation: "tanh" },
  noise: [],
  data,
  optimizer: { learningRate: 0.1, batchSize: 50 },
  epochs: 2,
});
const folder = await mkdtemp(join(tmpdir(), "ninscope-"));
const file = join(folder, "model.safetensors");
const names = [0, 1, 2].map((l) => ({ weight: `layers.${l}.weight`, bias: `layers.${l}.bias` }));
await writeFile(file, writeNetwork(parameters, names));

const network = readNetwork(await readFile(file), file, {
  activation: "tanh",
  loss: "cross-entropy",
});
const dataset = await loadDataset(data);

for (let layer = 0; layer < network.layers.length; layer++) {
  const found = await curvatureOf(network, dataset, {
    layer,
    kind: "pointwise",
    eigenvalues: 3,
    repeats: 32,
  });
  const largest = found.eigenvalues.map(({ value }) => value.toFixed(4)).join(", ");
  const { value, error } = found.antithetic;
  console.log(
    `${network.layers[layer].weight} (${found.units} units, mean loss ${found.loss.toFixed(4)})`,
  );
  console.log(`  largest eigenvalues of the mean local Hessian: ${largest}`);
  console.log(
    `  along random noise weights: direct ${found.pointwise.toFixed(5)}, read by noise ${value.toFixed(5)} +- ${error.toFixed(5)}`,
  );
}
await rm(folder, { recursive: true });
