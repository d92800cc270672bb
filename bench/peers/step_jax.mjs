// Training steps in jax-js, compiled to WebAssembly: node step_jax.mjs FOLDER
import { serve } from "../lib/serve.mjs";
import { peer } from "./peer.mjs";
import { batches, normal, readStart, transposed } from "./start.mjs";

// The library reads the number of cores from navigator, which Node 20 does not have.
if (!globalThis.navigator) {
  Object.defineProperty(globalThis, "navigator", { value: { hardwareConcurrency: 1 } });
}
const jax = await peer(() => import("@jax-js/jax"));
const { numpy: np, nn, jit, tree, valueAndGrad, init, defaultDevice, blockUntilReady } = jax;
await init("wasm");
defaultDevice("wasm");

const { meta, array } = readStart(process.argv[2]);
const { widths, batch, rows, sigma, learningRate } = meta;
const inputs = array("inputs");
const labels = array("targets");
const givenNoise = array("noise");
const last = widths.length - 2;

const matrix = (values, ...shape) => np.array(values).reshape(shape);
const initial = () => ({
  w: widths
    .slice(1)
    .map((width, l) =>
      matrix(transposed(array(`weights.${l}`), width, widths[l]), widths[l], width),
    ),
  b: widths.slice(1).map((_, l) => np.array(array(`bias.${l}`))),
  niw: np.array(array("niw")),
});

function loss({ w, b, niw }, x, y, noise) {
  let a = x;
  for (let l = 0; l <= last; l++) {
    a = np.matmul(a, w[l]).add(b[l]);
    if (l === 0) a = a.add(noise.mul(niw));
    if (l < last) a = nn.relu(a);
  }
  return nn
    .logSoftmax(a)
    .mul(y)
    .sum()
    .mul(-1 / batch);
}

const descend = (value, gradient) => value.sub(gradient.mul(learningRate));
const update = jit((weights, x, y, noise) => {
  const [value, gradient] = valueAndGrad(loss)(tree.ref(weights), x, y, noise);
  const { w, b, niw } = weights;
  const next = {
    w: w.map((each, l) => descend(each, gradient.w[l])),
    b: b.map((each, l) => descend(each, gradient.b[l])),
    niw: descend(niw, gradient.niw),
  };
  return [value, next];
});

/** One update on the samples with these indices; returns the loss, still on the device, and the new weights. */
function step(weights, index, noise) {
  const x = new Float32Array(batch * widths[0]);
  const y = new Float32Array(batch * widths.at(-1));
  index.forEach((row, i) => {
    x.set(inputs.subarray(row * widths[0], (row + 1) * widths[0]), i * widths[0]);
    y[i * widths.at(-1) + labels[row]] = 1;
  });
  return update(
    weights,
    matrix(x, batch, widths[0]),
    matrix(y, batch, widths.at(-1)),
    matrix(noise, batch, 1),
  );
}

let own = initial();
const visited = batches(rows, batch);
await serve({
  ready: { device: defaultDevice() },
  cases: {
    step: async (steps) => {
      for (let k = 0; k < steps; k++) {
        const noise = Float32Array.from({ length: batch }, () => sigma * normal());
        const [value, next] = step(own, visited.next().value, noise);
        value.dispose();
        own = next;
      }
      await blockUntilReady(own);
    },
  },
  losses: async (steps) => {
    const made = [];
    let weights = initial();
    for (let k = 0; k < steps; k++) {
      const index = Int32Array.from({ length: batch }, (_, i) => k * batch + i);
      const noise = givenNoise.slice(k * batch, (k + 1) * batch).map((value) => sigma * value);
      const [value, next] = step(weights, index, noise);
      made.push((await value.data())[0]);
      weights = next;
    }
    tree.dispose(weights);
    return made;
  },
});
