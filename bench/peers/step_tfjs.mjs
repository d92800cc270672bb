// Training steps in TensorFlow.js: node step_tfjs.mjs FOLDER wasm|cpu
import { createRequire } from "node:module";
import { serve } from "../lib/serve.mjs";
import { peer } from "./peer.mjs";
import { batches, normal, readStart, transposed } from "./start.mjs";

const require = createRequire(import.meta.url);
const [folder, backend] = process.argv.slice(2);
const tf = await peer(() => require("@tensorflow/tfjs"));
if (backend === "wasm") await peer(() => require("@tensorflow/tfjs-backend-wasm"));
await tf.setBackend(backend);
await tf.ready();

const { meta, array } = readStart(folder);
const { widths, batch, rows, sigma, learningRate } = meta;
const inputs = tf.tensor2d(array("inputs"), [rows, widths[0]]);
const labels = tf.tensor1d(Int32Array.from(array("targets")), "int32");
const givenNoise = array("noise");
const optimizer = tf.train.sgd(learningRate);

function network() {
  const layers = widths.slice(1).map((width, l) => ({
    w: tf.variable(
      tf.tensor2d(transposed(array(`weights.${l}`), width, widths[l]), [widths[l], width]),
    ),
    b: tf.variable(tf.tensor1d(array(`bias.${l}`))),
  }));
  const niw = tf.variable(tf.tensor2d(array("niw"), [1, widths[1]]));
  const variables = [...layers.flatMap(({ w, b }) => [w, b]), niw];
  const forward = (x, noise) =>
    layers.reduce((a, { w, b }, l) => {
      let z = tf.add(tf.matMul(a, w), b);
      if (l === 0) z = tf.add(z, tf.mul(noise, niw));
      return l < layers.length - 1 ? tf.relu(z) : z;
    }, x);
  /** One update on the samples with these indices; returns the loss if asked for. */
  const step = (index, noise, wanted) =>
    tf.tidy(() => {
      const at = tf.tensor1d(index, "int32");
      const x = tf.gather(inputs, at);
      const y = tf.oneHot(tf.gather(labels, at), widths.at(-1)).toFloat();
      const loss = optimizer.minimize(
        () => tf.losses.softmaxCrossEntropy(y, forward(x, noise())),
        true,
        variables,
      );
      return wanted ? loss.dataSync()[0] : undefined;
    });
  return { step, dispose: () => tf.dispose(variables) };
}

const own = network();
const visited = batches(rows, batch);
await serve({
  ready: { tfjs: tf.version.tfjs, backend },
  cases: {
    step: (steps) => {
      for (let k = 0; k < steps; k++) {
        const drawn = () =>
          tf.tensor2d(
            Float32Array.from({ length: batch }, () => sigma * normal()),
            [batch, 1],
          );
        own.step(visited.next().value, drawn, false);
      }
    },
  },
  losses: (steps) => {
    const { step, dispose } = network();
    const made = Array.from({ length: steps }, (_, k) => {
      const index = Int32Array.from({ length: batch }, (_, i) => k * batch + i);
      const part = givenNoise.slice(k * batch, (k + 1) * batch).map((value) => sigma * value);
      return step(index, () => tf.tensor2d(part, [batch, 1]), true);
    });
    dispose();
    return made;
  },
});
