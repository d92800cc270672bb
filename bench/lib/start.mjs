import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadDataset, loadKernels, parseExperiment, Streams, train } from "../../dist/node.js";

/**
 * Writes the start of a training run into a folder, as raw little-endian float32, so that every peer can make the same
 * first steps: `inputs` and `targets` in the order of the first epoch, `noise` (unit variance, a number for
 * each sample of each of `steps` batches), and for each layer l `weights.l` (`[outputs, inputs]`), `bias.l` and,
 * for the first, `niw`. `meta.json` holds the rest.
 */
export async function writeStart(folder, input, steps) {
  const experiment = parseExperiment(input);
  const { seed, optimizer, network, noise } = experiment;
  const streams = new Streams(await loadKernels(), seed);
  const data = await loadDataset(experiment.data, streams);
  const { rows, inputs, targets } = data.train;
  const batch = optimizer.batchSize === "full" ? rows : optimizer.batchSize;
  const order =
    batch === rows ? [...Array(rows).keys()] : [...streams.permutation("order", 0, 0, rows)];
  const widths = [data.inputs, ...network.layers, data.outputs];

  mkdirSync(folder, { recursive: true });
  const write = (name, values) => writeFileSync(join(folder, name), Float32Array.from(values));
  write("inputs", visited(inputs, data.inputs, order));
  write("targets", visited(targets, targets.length / rows, order));
  write("noise", firstNoise(streams, order, batch, steps));
  for (const [l, weights] of (await initialWeights(input)).entries()) {
    const constant = widths[l] + (network.bias ? 1 : 0);
    write(`weights.${l}`, columns(weights, widths[l + 1], 0, widths[l]));
    if (network.bias) write(`bias.${l}`, columns(weights, widths[l + 1], widths[l], constant));
    if (l === 0) write("niw", columns(weights, widths[1], constant));
  }
  const factors = widths
    .slice(0, -1)
    .map((width) => (network.init === "ntk" ? network.scale / Math.sqrt(width) : 1));
  const { learningRate } = optimizer;
  const { sigma } = noise[0];
  const meta = { widths, batch, rows, factors, sigma, learningRate, steps };
  writeFileSync(join(folder, "meta.json"), JSON.stringify(meta));
  return meta;
}

/** Rows of a matrix, in the order in which training visits them. */
function visited(values, width, order) {
  const out = new Float32Array(values.length);
  order.forEach((row, i) => {
    out.set(values.subarray(row * width, (row + 1) * width), i * width);
  });
  return out;
}

/** Columns `from` to `to` of a matrix. */
function columns(values, rows, from, to = values.length / rows) {
  const stride = values.length / rows;
  const out = new Float32Array(rows * (to - from));
  for (let r = 0; r < rows; r++) {
    out.set(values.subarray(r * stride + from, r * stride + to), r * (to - from));
  }
  return out;
}

/** The noise of the first batches, in the order in which training visits their samples. */
function firstNoise(streams, order, batch, steps) {
  const rows = order.length;
  const perEpoch = Math.floor(rows / batch);
  return Array.from({ length: steps }, (_, step) => {
    const drawn = streams.draw("noise", 0, "normal", Math.floor(step / perEpoch), rows, 1);
    const first = (step % perEpoch) * batch;
    return order.slice(first, first + batch).map((i) => drawn[i]);
  }).flat();
}

async function initialWeights(input) {
  let seen;
  const observer = {
    next: (step) => (step === 0 ? 0 : Number.POSITIVE_INFINITY),
    look: async ({ weights }) => {
      seen ??= weights;
    },
  };
  await train({ ...input, epochs: undefined, steps: 1 }, { backend: "wasm", observer });
  return seen;
}
