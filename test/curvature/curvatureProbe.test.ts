import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { lanczos } from "../../ts/analysis/lanczos.js";
import { quadraticForm, spectrumOf } from "../../ts/analysis/spectrum.js";
import type { Machine } from "../../ts/backend/machine.js";
import { referenceMachine } from "../../ts/backend/reference.js";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { webgpuMachine } from "../../ts/backend/webgpu/webgpu.js";
import { readReplay } from "../../ts/check/replay.js";
import { CurvatureProbe } from "../../ts/curvature/curvatureProbe.js";
import {
  denseHessian,
  hutchinsonTrace,
  smoothedMaximum,
  topSpectrum,
} from "../../ts/curvature/hessian.js";
import { loadDataset } from "../../ts/data/load.js";
import { readNpz } from "../../ts/data/npz.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import { Streams } from "../../ts/random/streams.js";
import { seededInputs } from "../../ts/train/inputs.js";
import { type Parameters, parametersOf } from "../../ts/train/parameters.js";
import { planOf } from "../../ts/train/plan.js";
import { testGpu } from "../gpu.js";

const kernels = await loadKernels();
const relaxed = await loadKernels({ fast: true });
const gpu = await testGpu();

/** One network of each activation: a software GPU takes most of its time to compile the kernels. */
const ON_GPU = ["gelu-hidden", "linear-softmax", "relu-mse-hidden", "tanh-first-3"];
const FULL = process.env.NINSCOPE_SOAK === "full";
const FOLDER = "test/check/replay/fixtures";
const cases = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".npz"))
  .map((name) => [name.replace(".npz", ""), readFileSync(`${FOLDER}/${name}`)] as const);

function startOf(bytes: Uint8Array): Parameters {
  const { plan, inputs } = readReplay(bytes, "case");
  const weights = plan.network.widths.slice(1).map((_, l) => Float64Array.from(inputs.weights(l)));
  return parametersOf(plan.network, weights);
}

async function hessianOf(
  bytes: Uint8Array,
  machine: Machine,
  parameters: Parameters,
  nodes: number,
): Promise<Float64Array> {
  const { plan, data } = readReplay(bytes, "case");
  const { layer } = plan.network.noise[0];
  const probe = await CurvatureProbe.open(machine, plan.network, layer, data, { nodes });
  probe.load(parameters);
  const found = await denseHessian(probe);
  probe.dispose();
  return found;
}

const largest = (values: ArrayLike<number>) => Math.max(...Array.from(values, Math.abs));
const difference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  largest(Array.from(a, (x, i) => x - b[i]));

describe("the mean local Hessian that PyTorch's float64 autograd finds", () => {
  const theirs = (bytes: Uint8Array) => readNpz(bytes, "case").get("H")!.values;

  test.each(cases)("%s: the reference machine to 1e-12", async (_, bytes) => {
    const H = theirs(bytes);
    // Blocks of 7 directions: most widths are no multiple of it.
    const ours = await hessianOf(bytes, referenceMachine(), startOf(bytes), 7);
    expect(ours.length).toBe(H.length);
    expect(difference(ours, H)).toBeLessThan(1e-12 * largest(H));
  });

  // As for runs: a float32 pass is the exact pass of a network whose parameters were changed by at most gamma_n,
  // relatively, n being the longest sum and 6 more. It goes up and down, and the tangent with it: four times the
  // largest change that such networks' Hessians show, and gamma of the sum over samples.
  test("is there for kinks and without, both losses, first and hidden layers", () => {
    const kinds = cases.map(([, bytes]) => {
      const { widths, activation, loss, noise } = readReplay(bytes, "case").plan.network;
      const { layer } = noise[0];
      const place = layer === 0 ? "first" : layer < widths.length - 2 ? "hidden" : "last";
      return `${activation} ${loss} ${place}`;
    });
    for (const activation of ["relu", "tanh"]) {
      for (const loss of ["cross-entropy", "mse"]) {
        for (const place of ["first", "hidden"]) {
          expect(kinds).toContain(`${activation} ${loss} ${place}`);
        }
      }
    }
  });

  test.each(cases)("%s: the float32 machines within their bounds", async (name, bytes) => {
    const { plan } = readReplay(bytes, "case");
    const start = startOf(bytes);
    const n = Math.max(...plan.network.widths, plan.trainRows) + 6;
    const gamma = (n * 2 ** -24) / (1 - n * 2 ** -24);
    const exact = await hessianOf(bytes, referenceMachine(), start, 32);
    const streams = new Streams(kernels, 7);
    let spread = 0;
    for (let run = 0; run < 3; run++) {
      let index = 0;
      const shaken = (values: Float64Array) => {
        const signs = streams.draw("probe", index++, "uniform", run, values.length, 1);
        return values.map((w, i) => w * (1 + (gamma * signs[i]) / Math.sqrt(3)));
      };
      const weights = start.weights.map(shaken);
      const biases = start.biases.map(shaken);
      const changed = await hessianOf(bytes, referenceMachine(), { weights, biases, niw: [] }, 32);
      spread = Math.max(spread, difference(changed, exact));
    }
    const machines = [wasmMachine(kernels), wasmMachine(relaxed)];
    if (!("none" in gpu) && (FULL || ON_GPU.includes(name))) machines.push(webgpuMachine(gpu));
    for (const machine of machines) {
      const ours = await hessianOf(bytes, machine, start, 5);
      const bound = 4 * spread + gamma * largest(exact);
      expect(difference(ours, exact), machine.name).toBeLessThan(bound);
    }
  });
});

async function openAt(
  config: object,
  machine: Machine,
  layer: number,
  samples?: number,
  nodes = 32,
) {
  const experiment = parseExperiment(config);
  const streams = new Streams(kernels, experiment.seed);
  const data = await loadDataset(experiment.data, streams);
  const plan = planOf(experiment, data);
  const inputs = seededInputs(experiment, plan, streams);
  const weights = plan.network.widths.slice(1).map((_, l) => Float64Array.from(inputs.weights(l)));
  const probe = await CurvatureProbe.open(machine, plan.network, layer, data, { samples, nodes });
  const parameters = parametersOf(plan.network, weights);
  probe.load(parameters);
  return { probe, streams, parameters };
}

const mixture = (extra: object) => ({
  data: { name: "gaussian-mixture", inputs: 20, classes: 4, train: 1500, test: 0 },
  noise: [],
  optimizer: { batchSize: 100 },
  ...extra,
});

test("samples beyond one chunk, the rest too, are all of them", async () => {
  const network = { layers: [12, 9], activation: "tanh" as const };
  const { probe } = await openAt(mixture({ network }), referenceMachine(), 1);
  const whole = await denseHessian(probe);
  const { mean, squares, loss } = await probe.gradient();
  // Central differences of the gradient along each unit, over all 1,500.
  const d = probe.width;
  const h = 1e-4;
  const unit = Float64Array.from({ length: d * d }, (_, i) => (i % (d + 1) === 0 ? h : 0));
  const differences = await probe.shifted(unit, "smoothed");
  expect(
    difference(
      whole,
      differences.map((x) => x / h),
    ),
  ).toBeLessThan(1e-7 * largest(whole));
  expect(loss).toBeGreaterThan(0);
  expect(largest(mean)).toBeGreaterThan(0);
  for (let k = 0; k < d; k++) expect(squares[k * (d + 1)]).toBeGreaterThan(mean[k] ** 2);
  // Asking again, after something else, changes nothing.
  expect(await denseHessian(probe)).toEqual(whole);
  expect((await probe.gradient()).squares).toEqual(squares);
});

test.each([
  [0, "cross-entropy"],
  [1, "mse"],
  [2, "cross-entropy"],
] as const)(
  "each sample's own gradient at layer %d (%s) averages to the mean, and is that of the sample alone",
  async (layer, loss) => {
    const network = { layers: [12, 9], activation: "tanh" as const, loss };
    const { probe, parameters } = await openAt(mixture({ network }), referenceMachine(), layer);
    const own = await probe.gradients();
    const { mean, squares } = await probe.gradient();
    const [n, d] = [probe.samples, probe.width];
    expect(own.length).toBe(n * d);
    const average = (of: (i: number) => number) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += of(i);
      return sum / n;
    };
    for (let k = 0; k < d; k++) {
      expect(average((i) => own[i * d + k])).toBeCloseTo(mean[k], 14);
      expect(average((i) => own[i * d] * own[i * d + k])).toBeCloseTo(squares[k], 14);
    }
    // One sample by itself, of the last chunk's rest.
    const experiment = parseExperiment(mixture({ network }));
    const data = await loadDataset(experiment.data, new Streams(kernels, experiment.seed));
    const { network: bare } = planOf(experiment, data);
    const options = { first: 1400, samples: 1 };
    const alone = await CurvatureProbe.open(referenceMachine(), bare, layer, data, options);
    alone.load(parameters);
    const { mean: single } = await alone.gradient();
    expect(difference(own.subarray(1400 * d, 1401 * d), single)).toBeLessThan(1e-15);
  },
);

test("an antithetic pass with one node of signs is the central difference, sample by sample", async () => {
  const network = { layers: [12, 9], activation: "relu" as const };
  const { probe, streams } = await openAt(mixture({ network }), referenceMachine(), 0, 700);
  const V = Float64Array.from(streams.draw("probe", 0, "normal", 0, 12, 1));
  const signs = streams.draw("probe", 1, "rademacher", 0, 700, 1);
  const noisy = await probe.noisy(V, signs, "smoothed");
  // 1/2 (g(+V) - g(-V)) eps with eps = 1 throughout, and with eps = -1, are equal.
  const shifted = await probe.shifted(V, "smoothed");
  expect(difference(noisy, shifted)).toBeLessThan(1e-14 * largest(shifted));
  const pointwise = await probe.shifted(V, "pointwise");
  expect(Math.abs(quadraticForm(V, shifted) / quadraticForm(V, pointwise) - 1)).toBeGreaterThan(
    0.01,
  );
});

test("noisy probes find <H_i V eps eps^T>, several nodes and all", async () => {
  const network = { layers: [6], activation: "gelu" as const };
  const { probe, streams } = await openAt(mixture({ network }), referenceMachine(), 0, 40, 3);
  const V = Float64Array.from(streams.draw("probe", 0, "normal", 0, 6, 2), (x) => 1e-4 * x);
  const eps = streams.draw("probe", 1, "normal", 0, 40, 2);
  const exact = await probe.noisy(V, eps, "pointwise");
  const differences = await probe.noisy(V, eps, "smoothed");
  expect(difference(exact, differences)).toBeLessThan(1e-6 * largest(exact));
});

test("Lanczos finds the largest eigenvalue of 784-512-512-512-10 within 1e-4 of the dense one", async () => {
  const data = { name: "gaussian-mixture", inputs: 784, classes: 10, train: 100, test: 0 };
  const network = { layers: [512, 512, 512] };
  const { probe, streams } = await openAt(
    mixture({ data, network }),
    wasmMachine(kernels),
    0,
    24,
    64,
  );
  const { values, vectors } = spectrumOf(await denseHessian(probe));
  const top = await topSpectrum(probe, streams);
  expect(Math.abs(top.values[0] / values[0] - 1)).toBeLessThan(1e-4);
  const overlap = top.vectors.slice(0, 512).reduce((sum, x, i) => sum + x * vectors[i], 0);
  expect(Math.abs(overlap)).toBeGreaterThan(0.999);
  const trace = values.reduce((sum, x) => sum + x, 0);
  const found = await hutchinsonTrace(probe, streams, 64);
  expect(Math.abs(found.value - trace)).toBeLessThan(4 * found.error);
  expect(found.error).toBeLessThan(0.2 * trace);
});

test("the smoothed maximum is the pointwise one where the reach is short, and falls with it", async () => {
  const network = { layers: [16, 16], activation: "tanh" as const };
  const { probe, streams } = await openAt(mixture({ network }), referenceMachine(), 0, 200);
  const { values, vectors } = await topSpectrum(probe, streams);
  const start = vectors.slice(0, 16);
  const near = await smoothedMaximum(probe, start, 1e-3);
  expect(near.value / values[0]).toBeCloseTo(1, 3);
  expect((await smoothedMaximum(probe, start, 10)).value).toBeLessThan(0.7 * values[0]);
});

test("Lanczos on a matrix that is known", async () => {
  const d = 40;
  const eigenvalues = Float64Array.from({ length: d }, (_, i) => (i < 3 ? 10 - i : i / d - 0.5));
  const apply = async (v: Float64Array) => v.map((x, i) => x * eigenvalues[i]);
  const start = Float64Array.from({ length: d }, (_, i) => 1 + (i % 7));
  const all = await lanczos(apply, start, { steps: d });
  expect(
    difference(
      all.values,
      eigenvalues.slice().sort((a, b) => b - a),
    ),
  ).toBeLessThan(1e-10);
  expect(all.weights.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 12);
  const few = await lanczos(apply, start, { steps: 8 });
  for (let k = 0; k < 3; k++) {
    expect(Math.abs(few.values[k] - eigenvalues[k])).toBeLessThanOrEqual(few.residuals[k] + 1e-12);
  }
  // A start inside an invariant space ends the recursion there.
  const two = Float64Array.from({ length: d }, (_, i) => (i < 2 ? 1 : 0));
  expect((await lanczos(apply, two, { steps: 30 })).values.length).toBe(2);
});
