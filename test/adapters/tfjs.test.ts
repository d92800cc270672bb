import * as tf from "@tensorflow/tfjs";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { gaugeCallback, gaugeLine } from "../../ts/adapters/gaugeCallback.js";
import { noiseLayer } from "../../ts/adapters/noiseLayer.js";
import { type GaugeResult, NoiseProbe } from "../../ts/entries/tfjs.js";
import { apart, expectSame } from "./close.js";
import {
  BATCH,
  oneHot,
  PROBE,
  plainTraining,
  RATE,
  samples,
  startingLayers,
  WIDTHS,
} from "./plainMlp.js";

const STEPS = 20;
const LOSS = "categoricalCrossentropy";

beforeAll(async () => {
  await tf.setBackend("cpu");
  await tf.ready();
});

/** The network of the tests, with noise nodes on its second layer if there is a probe. */
function network(probe: NoiseProbe | null, { seed = 1 } = {}) {
  const noise = probe && noiseLayer(tf, probe);
  const dense = startingLayers(seed).map(({ w, b }, l) =>
    tf.layers.dense({
      units: WIDTHS[l + 1],
      inputShape: l === 0 ? [WIDTHS[0]] : undefined,
      activation: l === 0 ? "tanh" : l === 2 ? "softmax" : "linear",
      weights: [
        tf.tensor2d(Float32Array.from(w), [WIDTHS[l], WIDTHS[l + 1]]),
        tf.tensor1d(Float32Array.from(b)),
      ],
    }),
  );
  const activation = tf.layers.activation({ activation: "tanh" });
  const [first, second, third] = dense;
  const layers = [first, second, ...(noise ? [noise] : []), activation, third];
  const model = tf.sequential({ layers });
  model.compile({ optimizer: tf.train.sgd(RATE), loss: LOSS });
  return { model, noise: noise as NonNullable<typeof noise> };
}

function data(rows = STEPS * BATCH) {
  const { x, labels } = samples(rows);
  return {
    x: tf.tensor2d(x, [rows, WIDTHS[0]]),
    y: tf.tensor2d(oneHot(labels), [rows, WIDTHS[3]]),
  };
}

/** The losses of an epoch of `model.fit`. */
async function train(model: tf.Sequential, callbacks: tf.CustomCallbackArgs[] = [], rows?: number) {
  const { x, y } = data(rows);
  const losses: number[] = [];
  const note = {
    onBatchEnd: async (_: number, logs?: tf.Logs) => void losses.push(logs?.loss as number),
  };
  try {
    const options = { epochs: 1, batchSize: BATCH, shuffle: false, verbose: 0 } as const;
    await model.fit(x, y, { ...options, callbacks: [...callbacks, note] });
  } finally {
    tf.dispose([x, y]);
  }
  return losses;
}

/** The same by a loop of the test's own. */
function loop({ model, noise }: ReturnType<typeof network>, steps = STEPS): void {
  const { x, y } = data();
  const optimizer = tf.train.sgd(RATE);
  for (let step = 0; step < steps; step++) {
    const loss = tf.tidy(() => {
      const rows = x.slice(step * BATCH, BATCH);
      const wanted = y.slice(step * BATCH, BATCH);
      const value = optimizer.minimize(() => {
        const found = model.apply(rows, { training: true }) as tf.Tensor;
        return tf.mean(tf.metrics.categoricalCrossentropy(wanted, found)) as tf.Scalar;
      }, true);
      return value?.dataSync()[0];
    });
    noise.observe(loss);
  }
  tf.dispose([x, y]);
}

const quiet = { every: Number.POSITIVE_INFINITY };

describe("a layer of noise nodes", () => {
  let probe: NoiseProbe;
  beforeEach(() => {
    probe = new NoiseProbe(PROBE);
  });

  test("in model.fit reads what a plain loop in float64 reads", async () => {
    const { model, noise } = network(probe);
    await train(model, [gaugeCallback(noise, quiet)]);
    const plain = new NoiseProbe(PROBE);
    plainTraining(plain, STEPS);
    expectSame(probe, plain);
    // Far enough for a gradient that is wrong by a factor to show.
    expect(Math.abs(1 - probe.records[STEPS - 1].memory)).toBeGreaterThan(1e-3);
  });

  test("in a loop of one's own reads the same as in model.fit, to the bit", async () => {
    const fitted = network(probe);
    await train(fitted.model, [gaugeCallback(fitted.noise, quiet)]);
    const other = new NoiseProbe(PROBE);
    loop(network(other));
    expect(other.records).toEqual(probe.records);
    expect(other.weights).toEqual(probe.weights);
  });

  test("in trainOnBatch takes the loss that it returns", async () => {
    const { model, noise } = network(probe);
    const { x, y } = data(BATCH);
    const loss = await model.trainOnBatch(x, y);
    const seen = noise.observe(loss as number);
    expect(seen).toMatchObject({ step: 0, loss });
    expect(noise.skipped).toBe(0);
  });

  test("is a bystander at learning rate 0: small noise changes nothing but rounding", async () => {
    probe = new NoiseProbe({ ...PROBE, sigma: 1e-4, learningRate: 0 });
    const { model, noise } = network(probe);
    const beside = await train(model, [gaugeCallback(noise, quiet)]);
    const without = await train(network(null).model);
    const otherSeed = await train(network(null, { seed: 2 }).model);
    const change = apart(beside, without);
    expect(change).toBeGreaterThan(0);
    expect(change).toBeLessThan(apart(otherSeed, without) / 10);
    expect(new Set(probe.records.map(({ norm }) => norm)).size).toBe(1);
  });

  test("leaves no tensor behind", async () => {
    const own = network(probe);
    const { x, y } = data(BATCH);
    await own.model.trainOnBatch(x, y);
    own.noise.observe();
    const before = tf.memory().numTensors;
    for (let step = 0; step < 5; step++) {
      await own.model.trainOnBatch(x, y);
      own.noise.observe();
    }
    tf.dispose(own.model.apply(x, { training: true }) as tf.Tensor);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("is silent where nothing is trained, and an identity in a saved model", async () => {
    const { model } = network(probe);
    const plain = network(null);
    const { x } = data(5);
    const found = model.predict(x) as tf.Tensor;
    const wanted = (plain.model.predict(x) as tf.Tensor).dataSync();
    expect(found.dataSync()).toEqual(wanted);
    const loaded = await tf.models.modelFromJSON(model.toJSON(null, false) as never);
    loaded.setWeights(model.getWeights());
    expect((loaded.predict(x) as tf.Tensor).dataSync()).toEqual(wanted);
  });

  test.each([
    ["sequences", [5, 16]],
    ["images", [3, 2, 16]],
  ])("gives all positions of %s one noise, and reads its gradient", (_, shape) => {
    const noise = noiseLayer(tf, probe);
    const z = tf.randomNormal([BATCH, ...shape], 0, 1, "float32", 3);
    const lossOf = (noisy: tf.Tensor) => tf.mean(tf.square(tf.tanh(noisy))) as tf.Scalar;
    tf.grad((at) => lossOf(noise.apply(at, { training: true }) as tf.Tensor))(z);
    const seen = noise.observe();
    const plain = new NoiseProbe(PROBE);
    const ones = shape.slice(0, -1).map(() => 1);
    const delta = tf.tensor(plain.perturb(0), [BATCH, ...ones, 16]);
    const gradient = tf.grad((added) => lossOf(tf.add(z, added)))(delta);
    const wanted = plain.observe(0, gradient.dataSync() as Float32Array);
    expect(seen?.reading).toBeCloseTo(wanted.reading, 5);
    expect(seen?.kick).toBeCloseTo(wanted.kick, 7);
  });

  test("a smaller last batch gets no noise and tells nothing; the steps count on", async () => {
    const { model, noise } = network(probe);
    const rows = 2 * BATCH + 5;
    const callback = gaugeCallback(noise, quiet);
    await train(model, [callback], rows);
    await train(model, [callback], rows);
    expect(noise.skipped).toBe(2);
    expect(probe.records.map(({ step }) => step)).toEqual([0, 1, 3, 4]);
  });

  test("a probe that is resumed continues with the next step", async () => {
    const { model, noise } = network(probe);
    await train(model, [gaugeCallback(noise, quiet)]);
    const next = network(NoiseProbe.resume(probe.save()));
    await train(next.model, [gaugeCallback(next.noise, quiet)], BATCH);
    expect(next.noise.probe.records.at(-1)?.step).toBe(STEPS);
  });
});

describe("bad use is refused in a line", () => {
  const callbackOf = (noise: ReturnType<typeof network>["noise"]) => [gaugeCallback(noise, quiet)];

  test("another width", () => {
    const probe = new NoiseProbe({ ...PROBE, width: 8 });
    expect(() => network(probe)).toThrow("width is 8: the layer before the noise has 16 outputs");
  });

  test.each([
    [8, 3 * BATCH, "a batch has 16 rows: the probe takes 8"],
    [32, 3 * BATCH, "a batch has 16 rows: the probe takes 32; only the last batch of an epoch may"],
  ])("a probe of %d rows in a fit of %d by 16", async (batch, rows, message) => {
    const { model, noise } = network(new NoiseProbe({ ...PROBE, batch }));
    await expect(train(model, callbackOf(noise), rows)).rejects.toThrow(message);
  });

  test("a step that is observed twice, or not at all", async () => {
    const { model, noise } = network(new NoiseProbe(PROBE));
    expect(() => noise.observe(1)).toThrow("step 0 has no gradient");
    const { x, y } = data(BATCH);
    await model.trainOnBatch(x, y);
    noise.observe(1);
    expect(() => noise.observe(1)).toThrow("step 1 has no gradient");
    await model.trainOnBatch(x, y);
    await expect(model.trainOnBatch(x, y)).rejects.toThrow(
      "step 1 was not observed, and the next one begins: give model.fit gaugeCallback(layer)",
    );
    expect(() => noise.observe("low" as never)).toThrow('loss is "low": takes the mean loss');
    expect(noise.observe(1)).toMatchObject({ step: 1 });
  });

  test("a layer in two places, or at the input", () => {
    const noise = noiseLayer(tf, new NoiseProbe(PROBE));
    const z = tf.zeros([BATCH, 16]);
    const twice = (at: tf.Tensor) => {
      const once = noise.apply(at, { training: true }) as tf.Tensor;
      return tf.sum(noise.apply(once, { training: true }) as tf.Tensor) as tf.Scalar;
    };
    expect(() => tf.grad(twice)(z)).toThrow("the gradient of step 0 arrives twice");
    const first = noiseLayer(tf, new NoiseProbe(PROBE));
    const w = tf.variable(tf.ones([16, 1]));
    tf.variableGrads(() =>
      tf.sum(tf.matMul(first.apply(z, { training: true }) as tf.Tensor2D, w as tf.Tensor2D)),
    );
    expect(() => first.observe()).toThrow("a layer before the noise has to be trainable");
  });
});

describe("the callback", () => {
  test("draws every so many steps", async () => {
    const { model, noise } = network(new NoiseProbe(PROBE));
    const drawn: [number, GaugeResult][] = [];
    const draw = (gauge: GaugeResult, { records }: NoiseProbe) => {
      drawn.push([records.length, gauge]);
    };
    await train(model, [gaugeCallback(noise, { every: 8, draw })]);
    expect(drawn.map(([count]) => count)).toEqual([8, 16]);
    expect(gaugeLine(drawn[1][1], noise.probe)).toMatch(
      /^step 19: loss [\d.]+; curvature -?[\d.e-]+ ± [\d.e-]+; kappa -?[\d.e-]+ of 2, \w+/,
    );
  });

  test.each([0, -1, 1.5, "often" as never])("refuses to draw every %s steps", (every) => {
    const noise = noiseLayer(tf, new NoiseProbe(PROBE));
    expect(() => gaugeCallback(noise, { every })).toThrow(/^every is .*: takes a number of steps/);
  });
});
