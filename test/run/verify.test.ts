import { expect, test } from "vitest";
import type { Machine } from "../../ts/backend/machine.js";
import { dawn } from "../../ts/backend/node/dawn.js";
import { referenceMachine } from "../../ts/backend/reference.js";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { webgpuMachine } from "../../ts/backend/webgpu/webgpu.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import type { ExperimentInput } from "../../ts/experiment/schema.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import type { Program } from "../../ts/program/ops.js";
import { checkOperation, withinBound } from "../../ts/run/verify/checkOperation.js";
import { StepsCheck } from "../../ts/run/verify/checkSteps.js";
import { trialOf, type VerifyResult, verify } from "../../ts/run/verify/verify.js";
import { bundledRuns } from "../golden/bundle.js";
import { inChromium } from "../golden/chromium.js";
import { testGpu } from "../gpu.js";

const gpu = await testGpu();
const options = { gpu: { source: dawn } };

const failed = ({ checks }: VerifyResult) => checks.filter(({ passed }) => !passed);

const DATA = { name: "gaussian-mixture", inputs: 10, classes: 3, train: 127, test: 0 } as const;
const SLOW = 300_000;

test.skipIf("none" in gpu)("all machines are within their bounds", { timeout: SLOW }, async () => {
  const experiment = { network: { layers: [8] }, data: DATA, optimizer: { batchSize: 30 } };
  const result = await verify(experiment, options);
  expect(failed(result)).toEqual([]);
  expect(new Set(result.backends.map(({ name }) => name))).toEqual(new Set(["wasm", "webgpu"]));
  const names = result.checks.map(({ name }) => name);
  for (const kind of [
    "gradient of one step",
    "parameters after 100 steps",
    "noise weights after 10 steps",
  ])
    expect(names).toContain(kind);
  expect(names.filter((name) => name.startsWith("phase at sigma")).length).toBeGreaterThan(4);
});

const hidden = (activation: "relu" | "tanh" | "gelu" | "linear", ...layers: number[]) => ({
  network: { activation, layers },
});
const networks: [string, ExperimentInput][] = [
  ["relu", hidden("relu", 13, 7)],
  ["tanh", hidden("tanh", 10)],
  ["gelu", hidden("gelu", 9, 3)],
  ["linear", hidden("linear", 5)],
  ["no hidden layer", hidden("relu")],
  ["momentum", { ...hidden("tanh", 6), optimizer: { momentum: 0.9, weightDecay: 0.01 } }],
  ["squared error of classes", { network: { layers: [6], loss: "mse" } }],
  ["ntk", { network: { layers: [12], init: "ntk" }, optimizer: { learningRate: 0.02 } }],
  ["full batch", { ...hidden("relu", 6), optimizer: { batchSize: "full" } }],
  [
    "two groups of fixed noise",
    { ...hidden("relu", 6, 4), noise: [{ mode: "fixed" }, { layer: 2, nodes: 3 }] },
  ],
  ["a batch of one", { ...hidden("tanh", 4), optimizer: { batchSize: 1, learningRate: 0.02 } }],
];

test.skipIf("none" in gpu).each(networks)(
  "%s: 1 and 100 steps on the GPU",
  { timeout: SLOW },
  async (_, input) => {
    if ("none" in gpu) return;
    const { optimizer = {}, ...rest } = input;
    const experiment = parseExperiment({
      ...rest,
      data: DATA,
      optimizer: { batchSize: 10, ...optimizer },
    });
    for (const steps of [1, 100]) {
      const check = await StepsCheck.prepare(await trialOf(experiment, {}, steps));
      const { parameters, niw } = await check.run(webgpuMachine(gpu));
      expect(withinBound(parameters), JSON.stringify(parameters)).toBe(true);
      expect(withinBound(niw), JSON.stringify(niw)).toBe(true);
    }
  },
);

test("where there is no GPU the others are verified, and the reason told", async () => {
  const none = { source: async () => undefined };
  const result = await verify(
    { data: DATA, network: { layers: [4] }, optimizer: { batchSize: 30 } },
    { gpu: none },
  );
  expect(result.passed).toBe(true);
  expect(result.note).toBe("no backend webgpu: there is no WebGPU here");
  expect(result.backends.every(({ name }) => name === "wasm")).toBe(true);
});

/** A machine whose results are a little off: what the checks are there to find. */
function off(by: number): Machine {
  const exact = wasm;
  return {
    ...exact,
    open: async (program) => {
      const session = await exact.open(program);
      return {
        write: (...args) => session.write(...args),
        run: (...args) => session.run(...args),
        read: async (name) => (await session.read(name)).map((x) => x * (1 + by)),
        dispose: () => session.dispose(),
      };
    },
  };
}
const wasm = wasmMachine(await loadKernels());

test("a machine that is off by more than its roundings is found out", async () => {
  const region = (buffer: string) => ({ buffer, offset: 0, rows: 8, cols: 8, stride: 8 });
  const [a, b, c] = ["a", "b", "c"].map(region);
  const sides = { transposeA: false, transposeB: false };
  const op = { op: "product", a, b, c, ...sides, alpha: 1, beta: 0 } as const;
  const spec = { type: "float", length: 64 } as const;
  const program: Program = { buffers: { a: spec, b: spec, c: spec }, fills: [], lists: {} };
  expect(withinBound(await checkOperation(wasm, program, op))).toBe(true);
  expect(withinBound(await checkOperation(referenceMachine(), program, op))).toBe(true);
  expect(withinBound(await checkOperation(off(1e-4), program, op))).toBe(false);
});

test("in Chromium too", { timeout: SLOW }, async ({ skip }) => {
  const bundle = await bundledRuns("test/run/verifyRuns.ts");
  const flags = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
  const result = (await inChromium(bundle, "verifyHere", flags)) as VerifyResult | null;
  if (result === null) return skip("no Chromium: set NINSCOPE_CHROMIUM to its path");
  expect(failed(result)).toEqual([]);
  expect(result.backends.map(({ name }) => name)).toContain("webgpu");
});
