import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import type { ExperimentInput } from "../../ts/experiment/schema.js";
import { NoiseProbe, type NoiseProbeOptions } from "../../ts/gauge/noiseProbe.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import { lower } from "../../ts/program/lower.js";
import { fill } from "../../ts/train/fill.js";
import { initialParameters } from "../../ts/train/parameters.js";
import { prepare } from "../../ts/train/prepare.js";
import { runTraining } from "../../ts/train/trainer.js";

const kernels = await loadKernels();

/** Trains a network of ninscope step by step, with a probe beside it that is given the gradients at the network's layer. */
async function besideNetwork(input: ExperimentInput) {
  const experiment = parseExperiment(input);
  const prepared = await prepare(experiment, { kernels, backend: "wasm" });
  const { plan, inputs, schedule, machine } = prepared;
  const [{ layer, nodes, sigma, distribution }] = experiment.noise;
  const width = plan.network.widths[layer + 1];
  const { learningRate, batch } = plan;
  const initial = initialParameters(plan.network, inputs).niw[0];
  const { seed } = experiment;
  const options = { width, nodes, sigma, batch, learningRate, seed, distribution, initial };
  const probe = new NoiseProbe({ ...options, kernels });
  const lowered = lower(plan);
  const session = await machine.open(lowered.program);
  fill(session, lowered, prepared);
  const last = layer === plan.network.widths.length - 2;
  const niw: Float64Array[] = [];
  const own: Float32Array[] = [];
  for (let step = 0; step < schedule.steps; step++) {
    const epoch = Math.floor(step / schedule.stepsPerEpoch);
    const within = step % schedule.stepsPerEpoch;
    const order = inputs.order(epoch) ?? Uint32Array.from({ length: batch }, (_, i) => i);
    if (within === 0) {
      session.write("order", order);
      const noise = inputs.noise(0, epoch);
      if (noise) session.write("noise.0", noise);
    }
    const samples = order.subarray(within * batch, (within + 1) * batch);
    probe.perturb(step, { epoch, samples });
    const [loss] = await session.run("step", within, 1);
    const delta = await session.read(last ? "step.outputs" : `step.delta.${layer}`);
    probe.observe(
      step,
      Float32Array.from(delta, (g) => g / batch),
      loss,
    );
    own.push(probe.weights);
    const combined = await session.read(`weights.${layer}`);
    const place = lowered.layers[layer].noiseColumns[0];
    const { columns } = lowered.layers[layer];
    niw.push(
      Float64Array.from(
        { length: width * nodes },
        (_, i) => combined[Math.floor(i / nodes) * columns + place.column + (i % nodes)],
      ),
    );
  }
  session.dispose();
  const { trajectory } = await runTraining(wasmMachine(kernels), prepared);
  return { probe, niw, own, trajectory };
}

const data = { name: "gaussian-mixture", inputs: 20, classes: 5, train: 96, test: 0 } as const;

describe.each<[string, ExperimentInput]>([
  ["of one node", { noise: [{ sigma: 2 }], network: { layers: [24, 16] } }],
  [
    "of eight nodes on a hidden layer, uniform",
    {
      noise: [{ sigma: 1, nodes: 8, layer: 1, distribution: "uniform" }],
      network: { layers: [24, 16], activation: "tanh" },
    },
  ],
  [
    "on the last layer, of random signs",
    {
      noise: [{ sigma: 0.5, nodes: 5, layer: 2, distribution: "rademacher" }],
      network: { layers: [24, 16], activation: "gelu" },
    },
  ],
])("a probe %s beside a network of ninscope", (_, input) => {
  const batch = { learningRate: 0.1, batchSize: 32 };
  const run = besideNetwork({ ...input, data, optimizer: batch, epochs: 20, seed: 3 });

  test("has its noise weights to the bit, in every step", async () => {
    const { niw, own } = await run;
    for (const [step, weights] of own.entries()) {
      expect(Float64Array.from(weights), `step ${step}`).toEqual(niw[step]);
    }
  });

  test("records what its trajectory does, and has its phase", async () => {
    const { probe, trajectory } = await run;
    const { steps } = probe.trajectory();
    expect(steps.step).toEqual(trajectory.steps.step);
    expect(steps.loss).toEqual(trajectory.steps.loss);
    for (const key of ["niwNorm", "memory", "kick"] as const) {
      for (const [i, value] of trajectory.steps[key].entries()) {
        expect(Math.abs(steps[key][i] - value), `${key} ${i}`).toBeLessThan(
          1e-5 * Math.abs(value) + 1e-7,
        );
      }
    }
    expect(["decoupled", "decay"]).toContain(probe.phase().phase);
  });
});

test("batches that are no power of two differ from the network's bits by roundings alone", async () => {
  const optimizer = { learningRate: 0.1, batchSize: 30 };
  const { niw, own } = await besideNetwork({
    noise: [{ sigma: 2 }],
    network: { layers: [24] },
    data,
    optimizer,
    epochs: 10,
  });
  for (const [step, weights] of own.entries()) {
    for (const [i, w] of weights.entries()) expect(Math.abs(w - niw[step][i])).toBeLessThan(1e-5);
  }
});

const options: NoiseProbeOptions = {
  width: 6,
  nodes: 2,
  sigma: 0.5,
  batch: 4,
  learningRate: 0.1,
  seed: 1,
};

/** The gradient at the pre-activations z = c + d of the mean of `sum_k h_k z_k^2 / 2` over the batch. */
function quadratic(probe: NoiseProbe, h: readonly number[], batch: number, step: number) {
  const added = probe.perturb(step);
  const gradient = (sign: number) =>
    Float32Array.from(added, (d, i) => (h[i % h.length] * (1 + sign * d)) / batch);
  return { added, plus: gradient(1), minus: gradient(-1) };
}

describe("a probe's readings", () => {
  const h = [0.5, 1, 2, 0.1, 0.3, 4];

  test("are <W, dL/dW> / (sigma^2 |W|^2), and the antithetic one the quadratic form along the noise drawn", () => {
    const probe = new NoiseProbe({ ...options, kernels, learningRate: 0 });
    const { weights } = probe;
    const { added, plus, minus } = quadratic(probe, h, 4, 0);
    const square = weights.reduce((sum, w) => sum + w * w, 0);
    const product = added.reduce((sum, d, i) => sum + d * plus[i], 0);
    const { reading, antithetic } = probe.observe(0, plus, 1, minus);
    expect(reading).toBeCloseTo(product / (0.25 * square), 6);
    const form = added.reduce((sum, d, i) => sum + (h[i % 6] * d * d) / 4, 0);
    expect(antithetic).toBeCloseTo(form / (0.25 * square), 5);
  });

  test("average to tr(W^T H W) / |W|^2 within their error", () => {
    const probe = new NoiseProbe({ ...options, kernels, learningRate: 0 });
    const { weights } = probe;
    for (let step = 0; step < 4000; step++) {
      const { plus, minus } = quadratic(probe, h, 4, step);
      probe.observe(step, plus, 1, step % 2 === 0 ? minus : undefined);
    }
    const square = weights.reduce((sum, w) => sum + w * w, 0);
    const exact = weights.reduce((sum, w, i) => sum + h[Math.floor(i / 2)] * w * w, 0) / square;
    const { value, error, method } = probe.curvature();
    expect(method).toBe("step");
    expect(Math.abs(value - exact)).toBeLessThan(4 * error);
    expect(error).toBeLessThan(0.2 * exact);
  });

  test("train a quadratic's noise weights as drift says, and say that they decay", () => {
    const probe = new NoiseProbe({
      ...options,
      kernels,
      width: 1,
      initial: 1,
      batch: 64,
      sigma: 1,
    });
    for (let step = 0; step < 200; step++) {
      const { plus, minus } = quadratic(probe, [0.2], 64, step);
      probe.observe(step, plus, 1 / (1 + step), minus);
    }
    // Memory falls by 1 - eta sigma^2 h a step.
    const { memory } = probe.records[150];
    expect(memory).toBeCloseTo(0.98 ** 150, 1);
    expect(probe.phase().phase).toBe("decay");
    const { verdict, kappa, stableUpTo, now } = probe.gauge();
    expect(verdict).toMatch(/^curvature along the noise 0\.\d+ ± .*antithetic.*decay phase/);
    expect(Math.abs(now.value - 0.2)).toBeLessThan(4 * now.error);
    expect(kappa).toBeCloseTo(0.1 * now.value, 12);
    expect(stableUpTo).toBeCloseTo(2 / now.value, 12);
  });
});

describe("a probe that is used wrongly", () => {
  const zeros = new Float32Array(24);

  test.each<[string, object, RegExp]>([
    ["width", { width: 0 }, /width is 0: takes an integer from 1/],
    ["sigma", { sigma: 0 }, /sigma is 0: takes a number above 0/],
    ["sigma", { sigma: Number.NaN }, /sigma is NaN/],
    ["nodes", { nodes: 1.5 }, /nodes is 1.5/],
    ["learningRate", { learningRate: -1 }, /learningRate is -1/],
    ["seed", { seed: -1 }, /seed is -1/],
    ["distribution", { distribution: "cauchy" }, /distribution is "cauchy": takes one of "normal"/],
    [
      "initial",
      { initial: [1, 2] },
      /initial is \[1,2\]: takes a standard deviation, or 6 x 2 = 12 weights/,
    ],
    ["initial", { initial: new Float32Array(12) }, /all zeros/],
    ["sgima", { sgima: 1 }, /sgima is not a field here.*did you mean sigma/],
  ])("is refused for its option %s", (field, wrong, message) => {
    const make = () => new NoiseProbe({ ...options, kernels, ...wrong });
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ name: "InputError", field }));
  });

  test("says so in one line, and loses nothing that was observed", () => {
    const probe = new NoiseProbe({ ...options, kernels });
    expect(() => probe.phase()).toThrow(/no step was observed/);
    expect(() => probe.observe(0, zeros)).toThrow(/call perturb\(0\) first; none is pending/);
    probe.perturb(0);
    probe.observe(
      0,
      zeros.map((_, i) => i / 24),
      1,
    );
    const before = probe.save();
    expect(() => probe.perturb(0)).toThrow(/step is 0: takes one above 0/);
    expect(() => probe.perturb(-1)).toThrow(/step is -1/);
    expect(() => probe.perturb(2, { samples: [1] })).toThrow(/samples has 1 entries: takes 4/);
    probe.perturb(5);
    expect(() => probe.observe(4, zeros)).toThrow(/the last perturbation is of step 5/);
    expect(() => probe.observe(5, zeros.subarray(1))).toThrow(
      /gradient has 23 numbers: takes 4 x 6 = 24/,
    );
    expect(() => probe.observe(5, undefined as never)).toThrow(/gradient is undefined/);
    const broken = zeros.map((_, i) => (i === 7 ? Number.NaN : 0));
    expect(() => probe.observe(5, broken)).toThrow(/gradient\.7 is NaN: takes finite numbers/);
    expect(() => probe.observe(5, zeros, 1, broken)).toThrow(/opposite\.7 is NaN/);
    expect(() => probe.curvature({ last: 0 })).toThrow(/last is 0/);
    expect(probe.save()).toEqual(before);
    probe.observe(5, zeros, 1);
    expect(probe.records.map(({ step }) => step)).toEqual([0, 5]);
  });
});

test("a saved probe goes on to the bit, wherever it was saved, and damaged bytes are refused", () => {
  const gradient = (step: number) =>
    Float32Array.from({ length: 24 }, (_, i) => Math.sin(step * 24 + i) / 4);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9 }), fc.nat(), fc.nat(), (at, cutAt, flip) => {
      const straight = new NoiseProbe({ ...options, kernels });
      let resumed = new NoiseProbe({ ...options, kernels });
      for (let step = 0; step < 10; step++) {
        if (step === at) {
          const bytes = resumed.save();
          expect(() =>
            NoiseProbe.resume(bytes.subarray(0, cutAt % bytes.length), { kernels }),
          ).toThrow(/the saved probe is damaged/);
          const damaged = bytes.slice();
          damaged[flip % bytes.length] ^= 1;
          expect(() => NoiseProbe.resume(damaged, { kernels })).toThrow(
            /the saved probe is damaged/,
          );
          resumed = NoiseProbe.resume(bytes, { kernels });
        }
        for (const probe of [straight, resumed]) {
          probe.perturb(step);
          probe.observe(step, gradient(step), 1 / (step + 1));
        }
      }
      expect(resumed.save()).toEqual(straight.save());
      expect(resumed.records).toEqual(straight.records);
    }),
    { numRuns: 20 },
  );
});

test("groups of one seed draw other noise, and kernels compile on the spot where none are given", () => {
  const [a, b] = [0, 1].map((group) => new NoiseProbe({ ...options, group }).perturb(0));
  expect(a).not.toEqual(b);
  expect(new NoiseProbe({ ...options, kernels }).perturb(0)).toEqual(a);
});
