import { expect, test } from "vitest";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { loadDataset } from "../../ts/data/load.js";
import { loadKernels, parseExperiment, Streams } from "../../ts/entries/browser.js";
import type { Kernels } from "../../ts/kernels/instance.js";
import { lower } from "../../ts/program/lower.js";
import { dryRun } from "../../ts/train/dryRun.js";
import { planOf } from "../../ts/train/plan.js";

test.each([
  {},
  { network: { layers: [300, 200] }, data: { name: "gaussian-mixture" as const, inputs: 784 } },
  { optimizer: { momentum: 0.9, batchSize: "full" as const } },
])("%j: the machine's memory is as planned, and does not grow while it runs", async (input) => {
  const kernels = await loadKernels();
  const memories: WebAssembly.Memory[] = [];
  const watched: Kernels = {
    ...kernels,
    instantiate: () => {
      const instance = kernels.instantiate();
      memories.push(instance.memory);
      return instance;
    },
  };
  const { machineBytes } = await dryRun(input, { kernels });
  const experiment = parseExperiment(input);
  const data = await loadDataset(experiment.data, new Streams(kernels, 0));
  const { program } = lower(planOf(experiment, data));
  const session = await wasmMachine(watched).open(program);
  const taken = memories[memories.length - 1].buffer.byteLength;
  // Memory comes in pages of 64 KiB.
  expect(taken).toBe(Math.ceil(machineBytes / 65536) * 65536);
  for (let k = 0; k < 3; k++) await session.run("step", 0, 1);
  expect(memories[memories.length - 1].buffer.byteLength).toBe(taken);
  session.dispose();
});
