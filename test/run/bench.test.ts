import { expect, test } from "vitest";
import { dawn } from "../../ts/backend/node/dawn.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import { bench } from "../../ts/run/bench/bench.js";
import { measureGpu } from "../../ts/run/bench/measureGpu.js";
import { chooseBackend } from "../../ts/run/chooseBackend.js";
import { testGpu } from "../gpu.js";

const found = await testGpu();
const gpu = { source: dawn };
const kernels = await loadKernels();

test.skipIf("none" in found)(
  "bench times both machines and names the adapter",
  { timeout: 300_000 },
  async () => {
    const sizes = { widths: [4, 8], batches: [8], replicas: [1, 3] };
    const result = await bench({ sizes, kernels, gpu });
    expect(result.rows).toHaveLength(8);
    for (const row of result.rows) expect(row.stepsPerSecond).toBeGreaterThan(0);
    expect(result.adapter).toBeTruthy();
    expect(result.peak).toBeGreaterThan(0);
    expect(result.crossovers.map(({ replicas }) => replicas)).toEqual([1, 3]);
  },
);

test.skipIf("none" in found)("a GPU is measured at any size", { timeout: 300_000 }, async () => {
  const sizes = { product: 32, widths: [6, 5, 3], batch: 4, replicas: 2, grid: 8, steps: 10 };
  const { peak, product, step, ensemble, linear } = await measureGpu(gpu, sizes);
  for (const { seconds } of [product, step, ensemble, linear]) expect(seconds).toBeGreaterThan(0);
  expect(peak).toBeGreaterThan(0);
  expect(linear.cells).toBe(64);
});

const long = parseExperiment({
  network: { layers: [256, 256] },
  data: { name: "gaussian-mixture", inputs: 256, train: 1000 },
  epochs: 1000,
});

test("auto takes the CPU, and says why, where a GPU would not pay or there is none", async () => {
  const short = await chooseBackend("auto", { experiment: parseExperiment({}), kernels, gpu });
  expect([short.name, short.why]).toEqual(["wasm", "the run is too short for a GPU to pay"]);
  const none = { source: async () => undefined };
  const without = await chooseBackend("auto", { experiment: long, kernels, gpu: none });
  expect(without.name).toBe("wasm");
  expect(without.why).toMatch(/there is no WebGPU here|software/);
});

test.skipIf("none" in found || !found.software)("auto takes no GPU that is software", async () => {
  const choice = await chooseBackend("auto", { experiment: long, kernels, gpu });
  expect(choice.name).toBe("wasm");
  expect(choice.why).toMatch(/^the only GPU is software: /);
  const asked = await chooseBackend("webgpu", { experiment: long, kernels, gpu });
  expect(asked.name).toBe("webgpu");
});
