// A training loop of your own with noise injection nodes: plain JavaScript, and random numbers from `Streams`. The noise
// weights read the curvature of the loss at every step; `train` makes the same run, so the numbers can be compared.
import { loadDataset, loadKernels, Streams, train } from "ninscope";
import { estimate } from "ninscope/probe";

const experiment = {
  network: { layers: [24], activation: "tanh", loss: "mse", init: "lecun" },
  noise: [{ layer: 0, nodes: 8, sigma: 0.1 }],
  data: { name: "teacher", inputs: 8, outputs: 1, train: 1000, test: 0 },
  optimizer: { learningRate: 0.02, batchSize: 100 },
  epochs: 80,
  seed: 0,
};
const { layers } = experiment.network;
const { nodes, sigma } = experiment.noise[0];
const { learningRate, batchSize } = experiment.optimizer;
const kernels = await loadKernels();
const { train: data, inputs } = await loadDataset(experiment.data, { seed: experiment.seed });
const [width, rows] = [layers[0], data.rows];

// Initial values as `init: "lecun"` has them: normal, with standard deviation 1 / sqrt(fanIn). Every draw is a function of
// the seed and its name, so the order of the calls does not matter.
const streams = new Streams(kernels, experiment.seed);
const normal = (name, index, outputs, columns, scale) =>
  Float64Array.from(streams.draw(name, index, "normal", 0, outputs, columns), (x) =>
    Math.fround(x * scale),
  );
const W1 = normal("weights", 0, width, inputs, 1 / Math.sqrt(inputs));
const W2 = normal("weights", 1, 1, width, 1 / Math.sqrt(width));
const NIW = normal("niw", 0, width, nodes, 1 / Math.sqrt(inputs));
const b1 = new Float64Array(width);
const b2 = new Float64Array(1);

/**
 * The mean loss of samples and its gradients. `noise` [rows x nodes] has unit variance; null: none. `shift` [width] is added
 * to the pre-activations.
 */
function pass(samples, noise = null, shift = null) {
  const g = {
    loss: 0,
    W1: new Float64Array(W1.length),
    b1: new Float64Array(width),
    W2: new Float64Array(width),
    b2: new Float64Array(1),
    NIW: new Float64Array(NIW.length),
  };
  const a = new Float64Array(width);
  for (const r of samples) {
    const x = data.inputs.subarray(r * inputs, (r + 1) * inputs);
    const eps =
      noise && Float64Array.from(noise.subarray(r * nodes, (r + 1) * nodes), (e) => sigma * e);
    let missed = b2[0] - data.targets[r];
    for (let u = 0; u < width; u++) {
      // z = [W | b | W_NI] [x ; 1 ; eps]: a noise node is one more input of its layer.
      let z = b1[u] + (shift ? shift[u] : 0);
      for (let c = 0; c < inputs; c++) z += W1[u * inputs + c] * x[c];
      for (let m = 0; eps && m < nodes; m++) z += NIW[u * nodes + m] * eps[m];
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
      for (let c = 0; c < inputs; c++) g.W1[u * inputs + c] += back * x[c];
      for (let m = 0; eps && m < nodes; m++) g.NIW[u * nodes + m] += back * eps[m];
    }
  }
  return g;
}

const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
const all = Array.from({ length: rows }, (_, r) => r);

/**
 * `tr(W_NI^T <H> W_NI) / |W_NI|^2` without noise. The mean local Hessian `<H>` is the Hessian of the loss by the layer's bias,
 * so that central differences of the bias gradient give `<H> w` for each column w of the noise weights.
 */
function direct(delta = 1e-3) {
  let sum = 0;
  for (let m = 0; m < nodes; m++) {
    const w = NIW.filter((_, i) => i % nodes === m);
    const plus = pass(
      all,
      null,
      w.map((x) => delta * x),
    );
    const minus = pass(
      all,
      null,
      w.map((x) => -delta * x),
    );
    sum += (dot(w, plus.b1) - dot(w, minus.b1)) / (2 * delta);
  }
  return sum / dot(NIW, NIW);
}

const losses = [];
let readings = [];
let measured = [];
let before = direct();
for (let epoch = 0; epoch < experiment.epochs; epoch++) {
  const order = streams.permutation("order", 0, epoch, rows);
  const noise = streams.draw("noise", 0, "normal", epoch, rows, nodes);
  for (let first = 0; first + batchSize <= rows; first += batchSize) {
    const g = pass(order.subarray(first, first + batchSize), noise);
    losses.push(g.loss);
    // The reading by step (arXiv:2210.13599, section 2): its mean over the noise is tr(W_NI^T <H> W_NI) / |W_NI|^2.
    readings.push(dot(NIW, g.NIW) / (sigma ** 2 * dot(NIW, NIW)));
    for (const [weights, by] of [
      [W1, g.W1],
      [b1, g.b1],
      [W2, g.W2],
      [b2, g.b2],
      [NIW, g.NIW],
    ]) {
      for (let i = 0; i < weights.length; i++) weights[i] -= learningRate * by[i];
    }
  }
  const after = direct();
  measured.push((before + after) / 2);
  before = after;
  if ((epoch + 1) % 20 === 0) {
    const { value, error } = estimate(readings);
    const beside = estimate(measured).value;
    console.log(
      `epochs ${epoch - 18} to ${epoch + 1}: curvature read ${value.toFixed(5)} +- ${error.toFixed(5)}, direct ${beside.toFixed(5)}`,
    );
    [readings, measured] = [[], []];
  }
}

const { trajectory } = await train(experiment, { kernels });
const apart = losses.map((loss, t) => Math.abs(loss - trajectory.steps.loss[t]) / loss);
console.log(`loss at the end ${losses.at(-1).toExponential(4)}`);
console.log(
  `largest relative distance from the losses of train: ${Math.max(...apart).toExponential(1)}`,
);
