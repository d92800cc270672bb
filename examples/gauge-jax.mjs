// A probe in a training loop of jax-js: the noise is an argument of the loss, and its gradient goes back to the probe. It needs
// @jax-js/jax.
import { addNoise, NoiseProbe, noiseFor, observe } from "ninscope/jax";

// The library reads the number of cores from navigator, which Node 20 does not have.
if (!globalThis.navigator) {
  Object.defineProperty(globalThis, "navigator", { value: { hardwareConcurrency: 1 } });
}
const jax = await import("@jax-js/jax");
const { numpy: np, nn, random, jit, tree, valueAndGrad } = jax;
await jax.init("wasm");
jax.defaultDevice("wasm");
const [batch, learningRate, steps] = [32, 0.1, 200];

const key = (n) => random.key(n);
const dense = (n, inputs, outputs) => ({
  w: random.normal(key(n), [inputs, outputs]).mul(Math.sqrt(2 / inputs)),
  b: np.zeros([outputs]),
});

function loss([first, second, third], delta, x, y) {
  const a = np.tanh(np.matmul(x, first.w).add(first.b));
  const b = np.tanh(addNoise(np.matmul(a, second.w).add(second.b), delta));
  const logits = np.matmul(b, third.w).add(third.b);
  return nn
    .logSoftmax(logits)
    .mul(y)
    .sum()
    .mul(-1 / batch);
}

const train = jit((params, delta, x, y) => {
  const [value, [gradient, atNoise]] = valueAndGrad(loss, { argnums: [0, 1] })(
    ...[tree.ref(params), delta, x, y],
  );
  const next = tree.map((weight, by) => weight.sub(by.mul(learningRate)), params, gradient);
  return [value, next, atNoise];
});

const probe = new NoiseProbe({ width: 24, nodes: 8, sigma: 0.5, batch, learningRate, seed: 0 });
let params = [dense(1, 2, 24), dense(2, 24, 24), dense(3, 24, 4)];
for (let step = 0; step < steps; step++) {
  // Points in the plane, and in which quarter of it they lie.
  const points = await random
    .uniform(key(100 + step), [batch, 2], { minval: -1, maxval: 1 })
    .data();
  const quarter = (i) => (points[2 * i] > 0 ? 1 : 0) + (points[2 * i + 1] > 0 ? 2 : 0);
  const labels = Float32Array.from({ length: 4 * batch }, (_, i) =>
    quarter(Math.floor(i / 4)) === i % 4 ? 1 : 0,
  );
  const [x, y] = [np.array(points).reshape([batch, 2]), np.array(labels).reshape([batch, 4])];
  const [value, next, atNoise] = train(params, noiseFor(jax, probe, step), x, y);
  params = next;
  await observe(probe, step, atNoise, value);
}
tree.dispose(params);
const { verdict, alarms } = probe.gauge();
console.log([verdict, ...alarms].join("\n"));
