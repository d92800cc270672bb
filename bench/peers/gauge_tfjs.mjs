// Training steps in TensorFlow.js with and without a probe: node gauge_tfjs.mjs '{"widths": ..., ...}' wasm|cpu
import { createRequire } from "node:module";
import { NoiseProbe, noiseLayer } from "../../dist/tfjs.js";
import { onProcessor, serve } from "../lib/serve.mjs";
import { peer } from "./peer.mjs";

const require = createRequire(import.meta.url);
const [given, backend] = process.argv.slice(2);
const { widths, batch, nodes, sigma } = JSON.parse(given);
const tf = await peer(() => require("@tensorflow/tfjs"));
if (backend === "wasm") await peer(() => require("@tensorflow/tfjs-backend-wasm"));
await tf.setBackend(backend);
await tf.ready();

const RATE = 0.01;
const x = tf.randomNormal([batch, widths[0]]);
const y = tf.oneHot(tf.randomUniform([batch], 0, widths.at(-1), "int32"), widths.at(-1)).toFloat();

function training(noise) {
  const model = tf.sequential();
  widths.slice(1).forEach((units, l) => {
    const inputShape = l === 0 ? [widths[0]] : undefined;
    model.add(tf.layers.dense({ units, inputShape, kernelInitializer: "heNormal" }));
    if (l === 1 && noise) model.add(noise);
    if (l < widths.length - 2) model.add(tf.layers.reLU());
  });
  const optimizer = tf.train.sgd(RATE);
  return (steps) => {
    for (let k = 0; k < steps; k++) {
      const loss = tf.tidy(() =>
        optimizer
          .minimize(
            () => tf.losses.softmaxCrossEntropy(y, model.apply(x, { training: true })),
            true,
          )
          .dataSync(),
      );
      noise?.observe(loss[0]);
    }
  };
}

const width = widths[2];
const probe = new NoiseProbe({ width, nodes, sigma, batch, learningRate: RATE, seed: 0 });
await serve({
  ready: { tfjs: tf.version.tfjs, backend },
  cases: {
    without: onProcessor(training(null)),
    with: onProcessor(training(noiseLayer(tf, probe))),
  },
});
