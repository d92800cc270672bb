// Training steps in jax-js with and without a probe: node gauge_jax.mjs '{"widths": ..., ...}'
import { addNoise, NoiseProbe, noiseFor, observe } from "../../dist/jax.js";
import { onProcessor, serve } from "../lib/serve.mjs";
import { peer } from "./peer.mjs";
import { normal } from "./start.mjs";

// The library reads the number of cores from navigator, which Node 20 does not have.
if (!globalThis.navigator) {
  Object.defineProperty(globalThis, "navigator", { value: { hardwareConcurrency: 1 } });
}
const jax = await peer(() => import("@jax-js/jax"));
const { numpy: np, nn, jit, tree, valueAndGrad, init, defaultDevice } = jax;
await init("wasm");
defaultDevice("wasm");

const { widths, batch, nodes, sigma } = JSON.parse(process.argv[2]);
const RATE = 0.01;
const last = widths.length - 2;
const random = (scale, ...shape) =>
  np
    .array(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => scale * normal()))
    .reshape(shape);
const initial = () => ({
  w: widths.slice(1).map((width, l) => random(Math.sqrt(2 / widths[l]), widths[l], width)),
  b: widths.slice(1).map((width) => np.zeros([width])),
});
const labels = Float32Array.from({ length: batch * widths.at(-1) }, (_, i) =>
  i % widths.at(-1) === Math.floor(i / widths.at(-1)) % widths.at(-1) ? 1 : 0,
);
const x = random(1, batch, widths[0]);
const y = np.array(labels).reshape([batch, widths.at(-1)]);

function loss({ w, b }, delta, inputs, targets) {
  let a = inputs;
  for (let l = 0; l <= last; l++) {
    a = np.matmul(a, w[l]).add(b[l]);
    if (l === 1 && delta) a = addNoise(a, delta);
    if (l < last) a = nn.relu(a);
  }
  return nn
    .logSoftmax(a)
    .mul(targets)
    .sum()
    .mul(-1 / batch);
}

const descend = (weights, gradient) =>
  tree.map((value, by) => value.sub(by.mul(RATE)), weights, gradient);
const plain = jit((weights, inputs, targets) => {
  const [value, gradient] = valueAndGrad((w, ...rest) => loss(w, null, ...rest))(
    tree.ref(weights),
    inputs,
    targets,
  );
  return [value, descend(weights, gradient)];
});
const probed = jit((weights, delta, inputs, targets) => {
  const [value, [gradient, atNoise]] = valueAndGrad(loss, { argnums: [0, 1] })(
    tree.ref(weights),
    delta,
    inputs,
    targets,
  );
  return [value, descend(weights, gradient), atNoise];
});

const width = widths[2];
const probe = new NoiseProbe({ width, nodes, sigma, batch, learningRate: RATE, seed: 0 });
const weights = { without: initial(), with: initial() };
let at = 0;
await serve({
  ready: { device: defaultDevice() },
  cases: {
    without: onProcessor(async (steps) => {
      for (let k = 0; k < steps; k++) {
        const [value, next] = plain(weights.without, x.ref, y.ref);
        weights.without = next;
        await value.data();
      }
    }),
    with: onProcessor(async (steps) => {
      for (let k = 0; k < steps; k++, at++) {
        const delta = noiseFor(jax, probe, at);
        const [value, next, atNoise] = probed(weights.with, delta, x.ref, y.ref);
        weights.with = next;
        await observe(probe, at, atNoise, value);
      }
    }),
  },
});
