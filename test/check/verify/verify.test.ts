import { beforeAll, describe, expect, test } from "vitest";
import type { Machine } from "../../../ts/backend/machine.js";
import { dawn } from "../../../ts/backend/node/dawn.js";
import { referenceMachine } from "../../../ts/backend/reference.js";
import { wasmMachine } from "../../../ts/backend/wasm.js";
import { webgpuMachine } from "../../../ts/backend/webgpu/webgpu.js";
import { checkOperation, withinBound } from "../../../ts/check/verify/checkOperation.js";
import { StepsCheck } from "../../../ts/check/verify/checkSteps.js";
import { setupOf } from "../../../ts/check/verify/verifier.js";
import { type VerifyResult, verify } from "../../../ts/check/verify/verify.js";
import { parseExperiment } from "../../../ts/experiment/parse.js";
import { loadKernels } from "../../../ts/kernels/node/load.js";
import type { Program } from "../../../ts/program/ops.js";
import { bundledRuns } from "../../golden/bundle.js";
import { inChromium } from "../../golden/chromium.js";
import { asHardware, testGpu } from "../../gpu.js";
import { DATA, stepsOutOfBound } from "../../support/networks.js";
import type { conformHere } from "./verifyRuns.js";

/** Whether a software GPU, and a page, see every case and network. */
const FULL = process.env.NINSCOPE_SOAK === "full";
const gpu = await testGpu();
const options = { gpu: { source: dawn } };

const failed = ({ checks }: VerifyResult) => checks.filter(({ passed }) => !passed);

test.skipIf("none" in gpu)("all machines are within their bounds", async () => {
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
  for (const phase of ["decoupled", "decay", "catapult", "divergent"]) {
    expect(names.some((name) => name.startsWith("phase at sigma") && name.endsWith(phase))).toBe(
      true,
    );
  }
});

test("eleven networks after 1 and 100 steps, on the CPU", async () => {
  expect(await stepsOutOfBound([wasmMachine(await loadKernels())])).toEqual([[]]);
});

/** Those whose programs differ most: a software GPU takes some seconds for each. */
const ON_SOFTWARE = ["relu", "gelu", "momentum", "squared error of classes", "full batch"];

test.skipIf("none" in gpu)("networks after 1 and 100 steps, on the GPU", async () => {
  if ("none" in gpu) return;
  expect(await stepsOutOfBound([webgpuMachine(gpu)], FULL ? undefined : ON_SOFTWARE)).toEqual([[]]);
});

test.skipIf("none" in gpu || !FULL)(
  "the same in the tiles and dispatches of hardware",
  async () => {
    if ("none" in gpu) return;
    expect(await stepsOutOfBound([webgpuMachine(asHardware(gpu))], ON_SOFTWARE)).toEqual([[]]);
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

/** A machine that never makes a step. */
const standingStill: Machine = {
  ...wasm,
  open: async (program) => {
    const session = await wasm.open(program);
    return {
      write: (...args) => session.write(...args),
      run: (list, ...which) => session.run(list === "step" ? "norms" : list, ...which),
      read: (name) => session.read(name),
      dispose: () => session.dispose(),
    };
  },
};

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

test("machines diverge where the reference does, and one that does not is found out", async () => {
  const experiment = parseExperiment({
    network: { layers: [4] },
    noise: [{ sigma: 1000 }],
    data: DATA,
    optimizer: { batchSize: 30 },
  });
  const none = { source: async () => undefined };
  const result = await verify(experiment, { gpu: none });
  expect(failed(result)).toEqual([]);
  expect(result.checks.map(({ name }) => name)).toContain("parameters after 100 steps: divergent");
  const check = await StepsCheck.prepare(await setupOf(experiment, {}, 100));
  const { parameters: small } = await check.run(standingStill);
  expect(withinBound(small)).toBe(false);
});

describe("in Chromium", () => {
  const flags = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
  let bundle: string;
  beforeAll(async () => {
    bundle = await bundledRuns("test/check/verify/verifyRuns.ts");
  });

  test("all machines are within their bounds", async ({ skip }) => {
    const result = (await inChromium(bundle, "verifyHere", flags)) as VerifyResult | null;
    if (result === null) return skip("no Chromium: set NINSCOPE_CHROMIUM to its path");
    expect(failed(result)).toEqual([]);
    const names = result.backends.map(({ name }) => name);
    if (!names.includes("webgpu") && !process.env.CI) return skip(`${result.note}`);
    expect(names).toContain("webgpu");
  });

  // A software GPU compiles kernels for minutes; Node runs the same cases on the same implementation of WebGPU.
  test.runIf(FULL)("each operation, and each network", async ({ skip }) => {
    const all = await inChromium(bundle, "conformHere", flags);
    if (all === null) return skip("no Chromium: set NINSCOPE_CHROMIUM to its path");
    const { found, none } = all as Awaited<ReturnType<typeof conformHere>>;
    for (const { operations, steps } of found) {
      expect(operations.failures).toEqual([]);
      expect(operations.cases).toBeGreaterThan(200);
      expect(steps).toEqual([]);
    }
    if (none !== null && !process.env.CI) return skip(none);
    expect(found.map(({ machine }) => machine)).toEqual(["baseline", "relaxed", "webgpu"]);
  });
});
