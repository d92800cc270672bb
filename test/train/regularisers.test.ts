import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Machine } from "../../ts/backend/machine.js";
import { referenceMachine } from "../../ts/backend/reference.js";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { webgpuMachine } from "../../ts/backend/webgpu/webgpu.js";
import type { ExperimentInput } from "../../ts/experiment/schema.js";
import { runEnsemble } from "../../ts/jobs/ensembleTraining.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import type { Network } from "../../ts/program/network.js";
import type { Checkpoint } from "../../ts/train/checkpoint.js";
import { runExperiment } from "../../ts/train/experimentRun.js";
import { prepare } from "../../ts/train/prepare.js";
import type { Setup } from "../../ts/train/setup.js";
import { runTraining } from "../../ts/train/trainer.js";
import { testGpu } from "../gpu.js";
import { expectTorchs, torchSetup } from "../support/torchRun.js";

const gpu = await testGpu();
const kernels = await loadKernels();
const wasm = wasmMachine(kernels);
const machines: [string, Machine, number][] = [
  ["reference", referenceMachine(), 1e-12],
  ["wasm", wasm, 1e-5],
  ...("none" in gpu ? [] : [["webgpu", webgpuMachine(gpu), 1e-5] as [string, Machine, number]]),
];

// `make_regularisers.py` made it, with PyTorch in float64.
const { settings, cases } = JSON.parse(readFileSync("test/train/regularisers.json", "utf8"));

function setupOf(found: any): Setup {
  const { widths, dropout, sigma } = settings;
  const network: Network = {
    ...{ widths, activation: found.activation, loss: "cross-entropy", bias: true },
    factors: widths.slice(1).map(() => 1),
    noise: [{ layer: 0, nodes: 2, sigma }],
  };
  const noise = (_: number, epoch: number) => Float64Array.from(found.noise[epoch]);
  return torchSetup(settings, found, network, { dropout }, { noise });
}

// A software GPU takes a minute to compile the kernels of all.
const FULL = process.env.NINSCOPE_SOAK === "full";

describe.each(machines)("dropout and noise on the inputs, on %s", (name, machine, bound) => {
  const some = cases.filter(
    (found: any) => FULL || name !== "webgpu" || found.activation === "tanh",
  );
  test.each(some as any[])("are PyTorch's, $activation", async (found: any) => {
    const setup = setupOf(found);
    expectTorchs(await runTraining(machine, setup), setup.plan.network, found, bound);
  });
});

const base: ExperimentInput = {
  network: { layers: [20, 16], activation: "tanh" },
  data: { name: "gaussian-mixture", inputs: 8, classes: 3, train: 43, test: 20 },
  optimizer: { batchSize: 10, learningRate: 0.05 },
  steps: 18,
};

test("regularisers of strength 0 are none, to the bit", async () => {
  const none = { dropout: 0, inputNoise: 0 };
  const { trajectory } = await runExperiment(
    await prepare({ ...base, regularization: none }, { kernels, backend: "wasm" }),
  );
  const plain = await runExperiment(await prepare(base, { kernels, backend: "wasm" }));
  expect(trajectory).toEqual(plain.trajectory);
});

test("an evaluation is without them", async () => {
  const still = { ...base, optimizer: { batchSize: 10, learningRate: 1e-12 } };
  const both = { ...still, regularization: { dropout: 0.5, inputNoise: 3 } };
  const { trajectory } = await runExperiment(await prepare(both, { kernels, backend: "wasm" }));
  const plain = await runExperiment(await prepare(still, { kernels, backend: "wasm" }));
  expect(trajectory.evaluations.testLoss).toEqual(plain.trajectory.evaluations.testLoss);
  expect(trajectory.steps.loss).not.toEqual(plain.trajectory.steps.loss);
});

test("dropout keeps the part of the activations that it says, anew in each epoch and layer", async () => {
  const regularization = { dropout: 0.3 };
  const data = { ...base.data, train: 2000 } as ExperimentInput["data"];
  const { inputs } = await prepare({ ...base, data, regularization }, { kernels, backend: "wasm" });
  const kept = (layer: number, epoch: number) => inputs.kept?.(layer, epoch) ?? new Uint8Array(0);
  const part = kept(1, 0).reduce((sum, one) => sum + one, 0) / 40_000;
  // Five standard deviations.
  expect(Math.abs(part - 0.7)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / 40_000));
  const same = (a: Uint8Array, b: Uint8Array) =>
    a.filter((one, i) => one === b[i]).length / a.length;
  expect(same(kept(1, 0), kept(1, 1))).toBeCloseTo(0.7 ** 2 + 0.3 ** 2, 1);
  expect(same(kept(1, 0).subarray(0, 32_000), kept(2, 0))).toBeCloseTo(0.7 ** 2 + 0.3 ** 2, 1);
  expect(kept(1, 1)).toEqual(kept(1, 1));
});

test("runs with them resume to the bit, alone and in an ensemble", async () => {
  const regularization = { dropout: 0.4, inputNoise: 0.5 };
  const schedule = { kind: "controller", hold: "dose", target: 0.5, every: 5 } as const;
  const prepared = await Promise.all(
    [0.5, 2].map((sigma) =>
      prepare(
        { ...base, regularization, noise: [{ sigma, schedule }] },
        { kernels, backend: "wasm" },
      ),
    ),
  );
  const saved: Checkpoint[] = [];
  const checkpoints = { every: 0, save: (checkpoint: Checkpoint) => void saved.push(checkpoint) };
  const { timing: _, ...whole } = await runExperiment(prepared[1], { checkpoints });
  for (const from of saved) {
    const { timing: __, ...resumed } = await runExperiment(prepared[1], { checkpoints: { from } });
    expect(resumed).toEqual(whole);
  }
  const [, found] = await runEnsemble(
    wasm,
    prepared.map((setup) => ({ setup })),
  );
  if (found.status === "rejected") throw found.reason;
  expect(found.value.trajectory).toEqual(whole.trajectory);
});
