// A training loop of your own with a noise probe: plain JavaScript, one hidden layer. The probe's nodes read the curvature of
// the loss at every step; `train` makes the same run, so the numbers can be compared.
import { loadDataset, loadKernels, Streams, train } from "ninscope";
import { estimate, NoiseProbe } from "ninscope/probe";

const experiment = {
  network: { layers: [24], activation: "tanh", loss: "mse", init: "lecun" },
  noise: [{ layer: 0, nodes: 8, sigma: 0.1 }],
  data: { name: "teacher", inputs: 8, outputs: 1, train: 1000, test: 0 },
  optimizer: { learningRate: 0.02, batchSize: 100 },
  epochs: 80,
  seed: 0,
};
const { learningRate, batchSize } = experiment.optimizer;
const { seed } = experiment;
const [width] = experiment.network.layers;
const [{ nodes, sigma }] = experiment.noise;
const kernels = await loadKernels();
const { train: data, inputs } = await loadDataset(experiment.data, { seed });

// Initial values as `init: "lecun"` has them: normal, with standard deviation 1 / sqrt(fanIn). Every draw is a function of
// the seed and its name, so the order of the calls does not matter.
const streams = new Streams(kernels, seed);
const normal = (index, outputs, columns) =>
  Float64Array.from(streams.draw("weights", index, "normal", 0, outputs, columns), (x) =>
    Math.fround(x / Math.sqrt(columns)),
  );
const [W1, b1] = [normal(0, width, inputs), new Float64Array(width)];
const [W2, b2] = [normal(1, 1, width), new Float64Array(1)];
const probe = new NoiseProbe({
  ...{ width, nodes, sigma, batch: batchSize, learningRate, seed },
  initial: 1 / Math.sqrt(inputs),
});

/**
 * The mean loss of samples and its gradients, those by the pre-activations among them: z [samples x width].
 * @param added what to add to the pre-activations [samples x width].
 */
function pass(samples, added) {
  const g = {
    loss: 0,
    W1: new Float64Array(W1.length),
    b1: new Float64Array(width),
    W2: new Float64Array(width),
    b2: new Float64Array(1),
    z: new Float64Array(samples.length * width),
  };
  const a = new Float64Array(width);
  for (const [row, r] of samples.entries()) {
    const x = data.inputs.subarray(r * inputs, (r + 1) * inputs);
    let missed = b2[0] - data.targets[r];
    for (let u = 0; u < width; u++) {
      let z = b1[u] + added[row * width + u];
      for (let c = 0; c < inputs; c++) z += W1[u * inputs + c] * x[c];
      a[u] = Math.tanh(z);
      missed += W2[u] * a[u];
    }
    g.loss += missed ** 2 / 2 / samples.length;
    const out = missed / samples.length;
    g.b2[0] += out;
    for (let u = 0; u < width; u++) {
      const back = out * W2[u] * (1 - a[u] ** 2);
      g.W2[u] += out * a[u];
      g.b1[u] += back;
      g.z[row * width + u] = back;
      for (let c = 0; c < inputs; c++) g.W1[u * inputs + c] += back * x[c];
    }
  }
  return g;
}

const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
const all = Uint32Array.from(data.targets, (_, r) => r);

/**
 * `tr(W^T <H> W) / |W|^2` for the noise weights W, without noise. The mean local Hessian `<H>` is the Hessian of the loss by the
 * layer's bias, so that central differences of the bias gradient give `<H> w` for each column w of W.
 */
function direct(delta = 1e-3) {
  const { weights } = probe;
  const shifted = (w, by) =>
    pass(
      all,
      Float64Array.from({ length: all.length * width }, (_, i) => by * w[i % width]),
    ).b1;
  let sum = 0;
  for (let m = 0; m < nodes; m++) {
    const w = weights.filter((_, i) => i % nodes === m);
    sum += (dot(w, shifted(w, delta)) - dot(w, shifted(w, -delta))) / (2 * delta);
  }
  return sum / dot(weights, weights);
}

const stepsPerEpoch = data.rows / batchSize;
let measured = [];
let before = direct();
for (let epoch = 0; epoch < experiment.epochs; epoch++) {
  const order = streams.permutation("order", 0, epoch, data.rows);
  for (let k = 0; k < stepsPerEpoch; k++) {
    const step = epoch * stepsPerEpoch + k;
    const samples = order.subarray(k * batchSize, (k + 1) * batchSize);
    // With epoch and samples the noise is that of ninscope's own run; perturb(step) alone draws anew in every step.
    const g = pass(samples, probe.perturb(step, { epoch, samples }));
    probe.observe(step, g.z, g.loss);
    for (const [weights, by] of [
      [W1, g.W1],
      [b1, g.b1],
      [W2, g.W2],
      [b2, g.b2],
    ]) {
      for (let i = 0; i < weights.length; i++) weights[i] -= learningRate * by[i];
    }
  }
  const after = direct();
  measured.push((before + after) / 2);
  before = after;
  if ((epoch + 1) % 20 === 0) {
    const { value, error } = probe.curvature({ last: 20 * stepsPerEpoch });
    const beside = estimate(measured).value;
    console.log(
      `epochs ${epoch - 18} to ${epoch + 1}: curvature read ${value.toFixed(5)} +- ${error.toFixed(5)}, direct ${beside.toFixed(5)}`,
    );
    measured = [];
  }
}

console.log(probe.gauge().verdict);
const { trajectory } = await train(experiment, { kernels });
const apart = probe.records.map(({ loss, step }) =>
  Math.abs(loss / trajectory.steps.loss[step] - 1),
);
console.log(
  `largest relative distance from the losses of train: ${Math.max(...apart).toExponential(1)}`,
);
