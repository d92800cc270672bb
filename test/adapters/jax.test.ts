import { beforeAll, describe, expect, test } from "vitest";
import { addNoise, NoiseProbe, noiseFor, observe } from "../../ts/entries/jax.js";
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

// The library reads the number of cores from navigator, which Node 20 does not have.
if (!globalThis.navigator) {
  Object.defineProperty(globalThis, "navigator", { value: { hardwareConcurrency: 1 } });
}
const jax = await import("@jax-js/jax");
const { numpy: np, nn, jit, tree, valueAndGrad } = jax;
type Arr = InstanceType<typeof jax.Array>;
type Params = { w: Arr[]; b: Arr[] };

const STEPS = 20;

beforeAll(async () => {
  await jax.init("wasm");
  jax.defaultDevice("wasm");
});

const matrix = (values: ArrayLike<number>, ...shape: number[]) =>
  np.array(Float32Array.from(values)).reshape(shape);

function network(seed?: number): Params {
  const layers = startingLayers(seed);
  return {
    w: layers.map(({ w }, l) => matrix(w, WIDTHS[l], WIDTHS[l + 1])),
    b: layers.map(({ b }) => np.array(Float32Array.from(b))),
  };
}

/** The batch of a step. */
function batchOf(step: number): [Arr, Arr] {
  const { x, labels } = samples(STEPS * BATCH);
  const part = x.subarray(step * BATCH * WIDTHS[0], (step + 1) * BATCH * WIDTHS[0]);
  const wanted = oneHot(labels.slice(step * BATCH, (step + 1) * BATCH));
  return [matrix(part, BATCH, WIDTHS[0]), matrix(wanted, BATCH, WIDTHS[3])];
}

function lossOf({ w, b }: Params, delta: Arr, x: Arr, y: Arr): Arr {
  const first = np.tanh(np.matmul(x, w[0]).add(b[0]));
  const second = np.tanh(addNoise(np.matmul(first, w[1]).add(b[1]), delta));
  const logits = np.matmul(second, w[2]).add(b[2]);
  return nn
    .logSoftmax(logits)
    .mul(y)
    .sum()
    .mul(-1 / BATCH);
}

/** A step of SGD: the loss, the new weights, and the gradient at the noise. */
function step(params: Params, delta: Arr, x: Arr, y: Arr): [Arr, Params, Arr] {
  const [loss, [gradient, atNoise]] = valueAndGrad(lossOf, { argnums: [0, 1] })(
    tree.ref(params),
    delta,
    x,
    y,
  );
  const descend = (value: Arr, by: Arr) => value.sub(by.mul(RATE));
  const next = {
    w: params.w.map((w, l) => descend(w, gradient.w[l])),
    b: params.b.map((b, l) => descend(b, gradient.b[l])),
  };
  return [loss, next, atNoise];
}

/** The losses of a training run with the probe. */
async function train(
  probe: NoiseProbe,
  make: typeof step = jit(step),
  seed?: number,
): Promise<number[]> {
  let params = network(seed);
  for (let at = 0; at < STEPS; at++) {
    const [loss, next, atNoise] = make(params, noiseFor(jax, probe, at), ...batchOf(at));
    params = next;
    await observe(probe, at, atNoise, loss);
  }
  tree.dispose(params);
  return probe.records.map(({ loss }) => loss);
}

describe("noise nodes in jax-js", () => {
  test.each([
    ["with jit", jit(step)],
    ["without jit", step],
  ])("%s read what a plain loop in float64 reads", async (_, make) => {
    const probe = new NoiseProbe(PROBE);
    await train(probe, make);
    const plain = new NoiseProbe(PROBE);
    plainTraining(plain, STEPS);
    expectSame(probe, plain);
  });

  test("are bystanders at learning rate 0: small noise changes nothing but rounding", async () => {
    const bystander = (sigma: number) => new NoiseProbe({ ...PROBE, sigma, learningRate: 0 });
    const beside = await train(bystander(1e-4));
    const without = await train(bystander(1e-30));
    const otherSeed = await train(bystander(1e-30), undefined, 2);
    const change = apart(beside, without);
    expect(change).toBeGreaterThan(0);
    expect(change).toBeLessThan(apart(otherSeed, without) / 10);
  });

  test("give all positions of an image one noise, and read its gradient", async () => {
    const probe = new NoiseProbe(PROBE);
    const z = matrix(samples(BATCH * 8).x, BATCH, 3, 2, 16);
    const loss = (delta: Arr, at: Arr) => np.square(np.tanh(addNoise(at, delta))).mean();
    const gradient = jax.grad(loss)(noiseFor(jax, probe, 0), z.ref) as Arr;
    const found = Float32Array.from(await gradient.ref.data());
    const seen = await observe(probe, 0, gradient);
    const plain = new NoiseProbe(PROBE);
    const added = plain.perturb(0);
    const numbers = await z.data();
    const size = numbers.length;
    const wanted = added.map((d, i) => {
      let sum = 0;
      for (let at = 0; at < 6; at++) {
        const a = Math.tanh(numbers[Math.floor(i / 16) * 96 + at * 16 + (i % 16)] + d);
        sum += (2 * a * (1 - a * a)) / size;
      }
      return sum;
    });
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i], 6);
    });
    expect(seen.reading).toBeCloseTo(plain.observe(0, wanted).reading, 5);
  });

  test("leave no array behind, whether observed or refused", async () => {
    const probe = new NoiseProbe(PROBE);
    const gradient = noiseFor(jax, probe, 0);
    const loss = np.array([1]);
    await observe(probe, 0, gradient, loss);
    expect([gradient.refCount, loss.refCount]).toEqual([0, 0]);
    const again = np.zeros([BATCH, 16]);
    await expect(observe(probe, 0, again)).rejects.toThrow("step is 0: call perturb(0) first");
    expect(again.refCount).toBe(0);
    const other = noiseFor(jax, probe, 1);
    const z = np.zeros([BATCH, 16]);
    const sum = addNoise(z, other);
    expect([z.refCount, other.refCount, sum.refCount]).toEqual([0, 0, 1]);
    sum.dispose();
  });

  test.each([
    ["a single row", [1, 16]],
    ["a smaller batch", [5, 16]],
    ["a single unit", [BATCH, 1]],
    ["another width", [BATCH, 8]],
    ["no batch", [16]],
  ])("refuse %s", (_, shape) => {
    const delta = noiseFor(jax, new NoiseProbe(PROBE), 0);
    const z = np.zeros(shape);
    expect(() => addNoise(z, delta)).toThrow(
      `z has shape [${shape}]: takes [16, ..., 16], the probe's batch and width`,
    );
  });

  test("refuse the gradient of something else", async () => {
    const probe = new NoiseProbe(PROBE);
    noiseFor(jax, probe, 0).dispose();
    await expect(observe(probe, 0, np.zeros([12, 16]))).rejects.toThrow(
      "gradient has 192 numbers: takes 16 x 16 = 256",
    );
  });
});
