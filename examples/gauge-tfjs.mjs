// A probe in a model of TensorFlow.js: noise nodes between a dense layer and its activation read the curvature while the model
// trains. It needs @tensorflow/tfjs; in Node, @tensorflow/tfjs-node is faster.
import * as tf from "@tensorflow/tfjs";
import { gaugeCallback, NoiseProbe, noiseLayer } from "ninscope/tfjs";

await tf.setBackend("cpu");
const [rows, batch, learningRate] = [640, 32, 0.1];

// Points in the plane, and in which quarter of it they lie.
const x = tf.randomUniform([rows, 2], -1, 1, "float32", 1);
const y = tf.tidy(() => {
  const [right, up] = [0, 1].map((axis) => x.slice([0, axis], [-1, 1]).greater(0).toInt());
  return tf.oneHot(right.add(up.mul(2)).squeeze().toInt(), 4);
});

const probe = new NoiseProbe({ width: 24, nodes: 8, sigma: 0.5, batch, learningRate, seed: 0 });
const noise = noiseLayer(tf, probe);
const dense = (units, seed, rest = {}) =>
  tf.layers.dense({ units, kernelInitializer: tf.initializers.heNormal({ seed }), ...rest });
const model = tf.sequential({
  layers: [
    dense(24, 1, { inputShape: [2], activation: "tanh" }),
    dense(24, 2),
    noise,
    tf.layers.activation({ activation: "tanh" }),
    dense(4, 3, { activation: "softmax" }),
  ],
});
model.compile({ optimizer: tf.train.sgd(learningRate), loss: "categoricalCrossentropy" });
await model.fit(x, y, {
  ...{ epochs: 10, batchSize: batch, shuffle: false, verbose: 0 },
  callbacks: gaugeCallback(noise, { every: 50 }),
});
const { verdict, alarms } = probe.gauge();
console.log([verdict, ...alarms].join("\n"));
