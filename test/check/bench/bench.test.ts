import { expect, test } from "vitest";
import { gpuMachine } from "../../../ts/backend/gpuMachine.js";
import { dawn } from "../../../ts/backend/node/dawn.js";
import { bench } from "../../../ts/check/bench/bench.js";
import { measureGpu } from "../../../ts/check/bench/measureGpu.js";
import { loadDataset } from "../../../ts/data/load.js";
import { parseExperiment } from "../../../ts/experiment/parse.js";
import type { Experiment } from "../../../ts/experiment/schema.js";
import { loadKernels } from "../../../ts/kernels/node/load.js";
import { Streams } from "../../../ts/random/streams.js";
import { chooseBackend } from "../../../ts/train/machine/chooseBackend.js";
import { secondsPerStep } from "../../../ts/train/machine/stepTiming.js";
import { planOf } from "../../../ts/train/plan.js";
import { testGpu } from "../../gpu.js";

const found = await testGpu();
const gpu = { source: dawn };
const kernels = await loadKernels();

test.skipIf("none" in found)("bench times both machines and names the adapter", async () => {
  const sizes = { widths: [4, 8], batches: [8], replicas: [1, 3] };
  const result = await bench({ sizes, kernels, gpu });
  expect(result.rows).toHaveLength(8);
  for (const row of result.rows) expect(row.stepsPerSecond).toBeGreaterThan(0);
  expect(result.adapter).toBeTruthy();
  expect(result.peak).toBeGreaterThan(0);
  expect(result.crossovers.map(({ replicas }) => replicas)).toEqual([1, 3]);
});

test.skipIf("none" in found)("a GPU is measured at any size", async () => {
  const sizes = {
    product: 32,
    widths: [6, 5, 3],
    batch: 4,
    replicas: 2,
    grid: 8,
    steps: 10,
    seconds: 0,
  };
  const { peak, product, step, ensemble, linear } = await measureGpu(gpu, sizes);
  for (const { seconds } of [product, step, ensemble, linear]) expect(seconds).toBeGreaterThan(0);
  expect(peak).toBeGreaterThan(0);
  expect(linear.cells).toBe(64);
});

/** Work as `chooseBackend` takes it, on generated data. */
const workOf = (experiment: Experiment) => ({
  experiment,
  kernels,
  data: () => loadDataset(experiment.data, new Streams(kernels, experiment.seed)),
});

const long = parseExperiment({
  network: { layers: [256, 256] },
  data: { name: "gaussian-mixture", inputs: 256, train: 1000 },
  epochs: 1000,
});

test("auto takes the CPU, and says why, where a GPU would not pay or there is none", async () => {
  const short = await chooseBackend("auto", { ...workOf(parseExperiment({})), gpu });
  expect([short.name, short.why]).toEqual(["wasm", "the run is too short for a GPU to pay"]);
  const none = { source: async () => undefined };
  const without = await chooseBackend("auto", { ...workOf(long), gpu: none });
  expect(without.name).toBe("wasm");
  expect(without.why).toMatch(/there is no WebGPU here|software/);
});

test.skipIf("none" in found || !found.software)("auto takes no GPU that is software", async () => {
  const choice = await chooseBackend("auto", { ...workOf(long), gpu });
  expect(choice.name).toBe("wasm");
  expect(choice.why).toMatch(/^the only GPU is software: /);
  const asked = await chooseBackend("webgpu", { ...workOf(long), gpu });
  expect(asked.name).toBe("webgpu");
});

/** The adapter at hand, which does not say that it is software, and has the least limits that WebGPU allows. */
const disguised = {
  source: async () => {
    const real = await dawn();
    const requestAdapter = async (options?: GPURequestAdapterOptions) => {
      const adapter = await real.requestAdapter(options);
      return (
        adapter && {
          features: adapter.features,
          limits: {},
          info: { vendor: "acme", architecture: "", device: "", description: "" },
          requestDevice: (descriptor?: GPUDeviceDescriptor) => adapter.requestDevice(descriptor),
        }
      );
    };
    return { wgslLanguageFeatures: real.wgslLanguageFeatures, requestAdapter } as unknown as GPU;
  },
};

test.skipIf("none" in found)("auto times both machines, and takes the faster", async () => {
  const narrow = parseExperiment({
    network: { layers: [4] },
    data: { name: "gaussian-mixture", inputs: 4, classes: 2, train: 4000 },
    optimizer: { batchSize: 20 },
    epochs: 200_000,
  });
  const work = { ...workOf(narrow), gpu: disguised };
  const one = await chooseBackend("auto", work);
  // A step of some microseconds on one core, some dispatches on a GPU that a core only plays.
  expect(one.name).toBe("wasm");
  expect(one.why).toMatch(/^a step takes \S+ µs on wasm, \S+ µs on acme$/);
  const runs = { all: 100, together: 8, threads: 2 };
  const many = await chooseBackend("auto", { ...work, runs });
  expect(many.why).toMatch(
    /^a step takes \S+ µs on wasm \(2 threads\), \S+ µs on acme \(8 runs at once\)$/,
  );
  const time = ({ why }: typeof one, i: number) => Number(why.match(/[\d.e+]+(?= µs)/g)?.[i]);
  // Each is rounded to three digits, which moves it by at most 1/200.
  expect(Math.abs((2 * time(many, 0)) / time(one, 0) - 1)).toBeLessThan(0.0101);
  // What was timed, a step of all eight, is remembered, and is to be shared by them.
  const gpuAlone = await gpuMachine(disguised);
  const data = await loadDataset(narrow.data, new Streams(kernels, narrow.seed));
  const plan = { ...planOf(narrow, data), ensemble: Array.from({ length: 8 }, () => [1]) };
  const all = 1e6 * (await secondsPerStep(gpuAlone, plan));
  expect(time(many, 1)).toBe(Number((all / 8).toPrecision(3)));
});

test.skipIf("none" in found)("auto takes no GPU that has no room for the run", async () => {
  const [inputs, rows] = [1000, 40_000];
  const experiment = parseExperiment({
    network: { layers: [4] },
    data: { name: "gaussian-mixture", inputs, classes: 2, train: rows },
    optimizer: { batchSize: 20 },
    epochs: 1000,
  });
  const train = { rows, inputs: new Float32Array(rows * inputs), targets: new Uint32Array(rows) };
  const numbers = { inputs, outputs: 2, scale: 1, shift: 0 };
  const dataset = { name: "zeros", task: "classification", ...numbers, train, test: null } as const;
  const work = { ...workOf(experiment), data: async () => dataset, gpu: disguised };
  const choice = await chooseBackend("auto", work);
  expect(choice.name).toBe("wasm");
  expect(choice.why).toMatch(/^the buffer train.inputs takes 160 MB: this GPU's maxStorageBuffer/);
});

test("a sweep of runs each too short for a GPU may be long enough", async () => {
  const short = parseExperiment({ data: { name: "gaussian-mixture" }, epochs: 1 });
  const none = { source: async () => undefined };
  const why = async (all: number) => {
    const runs = { all, together: 1, threads: 1 };
    return (await chooseBackend("auto", { ...workOf(short), gpu: none, runs })).why;
  };
  expect(await why(2)).toBe("the sweep is too short for a GPU to pay");
  expect(await why(10_000)).toMatch(/there is no WebGPU here|no GPU/);
});
