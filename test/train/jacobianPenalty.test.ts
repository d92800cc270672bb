import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Machine } from "../../ts/backend/machine.js";
import { referenceMachine } from "../../ts/backend/reference.js";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { webgpuMachine } from "../../ts/backend/webgpu/webgpu.js";
import type { Dataset } from "../../ts/data/dataset.js";
import type { ExperimentInput } from "../../ts/experiment/schema.js";
import { runEnsemble } from "../../ts/jobs/ensembleTraining.js";
import { train } from "../../ts/jobs/train.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import type { Network } from "../../ts/program/network.js";
import type { Checkpoint } from "../../ts/train/checkpoint.js";
import { runExperiment } from "../../ts/train/experimentRun.js";
import { threadingFor } from "../../ts/train/machine/node/threading.js";
import { prepare } from "../../ts/train/prepare.js";
import type { Setup } from "../../ts/train/setup.js";
import { runTraining } from "../../ts/train/trainer.js";
import { testGpu } from "../gpu.js";
import { squaredJacobian } from "../support/squaredJacobian.js";
import { expectTorchs, torchSetup } from "../support/torchRun.js";

const gpu = await testGpu();
const kernels = await loadKernels();
const wasm = wasmMachine(kernels);
const machines: [string, Machine, number][] = [
  ["reference", referenceMachine(), 1e-12],
  ["wasm", wasm, 1e-5],
  ...("none" in gpu ? [] : [["webgpu", webgpuMachine(gpu), 1e-5] as [string, Machine, number]]),
];

// `make_jacobian.py` made it, with PyTorch in float64.
const { settings, cases } = JSON.parse(readFileSync("test/train/jacobian.json", "utf8"));

function setupOf(found: any): Setup {
  const { widths, jacobian, sigma } = settings;
  const { activation, factors, dropout } = found;
  const network: Network = {
    ...{ widths, activation, factors, loss: "cross-entropy", bias: true },
    noise: [0, 1].map((layer) => ({ layer, nodes: 2, sigma })),
  };
  return torchSetup(
    settings,
    found,
    network,
    { dropout, jacobian },
    {
      noise: (g, epoch) => Float64Array.from(found.noise[g][epoch]),
      directions: (epoch) => Float64Array.from(found.directions[epoch]),
    },
  );
}

// A software GPU takes a minute to compile the kernels of all.
const FULL = process.env.NINSCOPE_SOAK === "full";

describe.each(machines)("the penalty on the Jacobian, on %s", (name, machine, bound) => {
  const some = cases.filter(
    (found: any) => FULL || name !== "webgpu" || found.activation === "tanh",
  );
  test.each(some as any[])("is PyTorch's, case %#, $activation", async (found: any) => {
    const setup = setupOf(found);
    const result = await runTraining(machine, setup);
    expectTorchs(result, setup.plan.network, found, bound);
    // The dose is that of the loss alone.
    let paid = 0;
    for (const slope of found.niwSlope) paid += slope / 2;
    const { dosePaid } = result.trajectory.evaluations;
    expect(Math.abs((dosePaid.at(-1) as number) - paid)).toBeLessThan(10 * bound);
  });
});

const base: ExperimentInput = {
  network: { layers: [20, 16], activation: "tanh" },
  data: { name: "gaussian-mixture", inputs: 8, classes: 3, train: 43, test: 20 },
  optimizer: { batchSize: 10, learningRate: 0.05 },
  steps: 18,
};
const setting = { kernels, backend: "wasm" } as const;
const penalised = (jacobian: number, more: ExperimentInput = {}) =>
  prepare({ ...base, ...more, regularization: { jacobian } }, setting);

test.each(["relu", "tanh", "gelu", "linear"] as const)(
  "its gradient is that of half the squared norm of the Jacobian, on average over directions, %s",
  async (activation) => {
    const [rows, draws, rate, jacobian] = [100, 60, 0.5, 0.3];
    const x = [0.4, -1.1, 0.8];
    const dataset: Dataset = {
      ...{ name: "one sample", task: "regression", inputs: 3, outputs: 4 },
      ...{ scale: 1, shift: 0, test: null },
      train: {
        rows,
        inputs: Float32Array.from({ length: 3 * rows }, (_, i) => x[i % 3]),
        targets: new Float32Array(4 * rows),
      },
    };
    const experiment: ExperimentInput = {
      network: { layers: [5, 6], activation },
      noise: [],
      optimizer: { batchSize: "full", learningRate: rate },
      steps: 1,
    };
    const plain = await prepare(experiment, { ...setting, dataset });
    const found = await prepare(
      { ...experiment, regularization: { jacobian } },
      { ...setting, dataset },
    );
    const flat = (weights: readonly Float64Array[]) => weights.flatMap((values) => [...values]);
    const machine = referenceMachine();
    const without = flat((await runTraining(machine, plain)).weights);
    const gradients: number[][] = [];
    for (let draw = 0; draw < draws; draw++) {
      const directions = () => found.inputs.directions?.(draw) as Float32Array;
      const { plan, data, schedule } = found;
      const inputs = { ...found.inputs, directions };
      const { weights } = await runTraining(machine, { plan, data, schedule, inputs });
      gradients.push(flat(weights).map((w, i) => (without[i] - w) / rate));
    }
    const start = [0, 1, 2].map((l) => Float64Array.from(found.inputs.weights(l)));
    const half = () => (jacobian / 2) * squaredJacobian(start, activation, x);
    let i = 0;
    for (const values of start) {
      for (let k = 0; k < values.length; k++, i++) {
        const own = gradients.map((gradient) => gradient[i]);
        const mean = own.reduce((sum, g) => sum + g, 0) / draws;
        const spread = own.reduce((sum, g) => sum + (g - mean) ** 2, 0) / (draws - 1);
        const w = values[k];
        values[k] = w + 1e-5;
        const above = half();
        values[k] = w - 1e-5;
        const slope = (above - half()) / 2e-5;
        values[k] = w;
        // Five standard errors, and what the difference loses.
        expect(Math.abs(mean - slope)).toBeLessThan(5 * Math.sqrt(spread / draws) + 1e-8);
      }
    }
  },
);

test("directions are of length 1, and new for each sample, epoch and seed", async () => {
  const { inputs } = await penalised(0.1);
  const of = (epoch: number) => inputs.directions?.(epoch) as Float32Array;
  const rows = Array.from({ length: 43 }, (_, i) => of(0).subarray(3 * i, 3 * i + 3));
  for (const [a, b, c] of rows) expect(Math.hypot(a, b, c)).toBeCloseTo(1, 6);
  const first = (values: Float32Array) => values[0];
  const other = await penalised(0.1, { seed: 1 });
  const firsts = [...rows, of(1), of(2), other.inputs.directions?.(0) as Float32Array].map(first);
  expect(new Set(firsts).size).toBe(46);
  expect(of(1)).toEqual(of(1));
});

test("a penalty of strength 0 is none, to the bit", async () => {
  const { trajectory } = await runExperiment(await penalised(0));
  const plain = await runExperiment(await prepare(base, setting));
  expect(trajectory).toEqual(plain.trajectory);
  expect((await runExperiment(await penalised(0.01))).trajectory).not.toEqual(trajectory);
});

test("recorded losses and evaluations are without it", async () => {
  const still = { optimizer: { batchSize: 10, learningRate: 1e-12 } };
  const { trajectory } = await runExperiment(await penalised(0.5, still));
  const plain = await runExperiment(await prepare({ ...base, ...still }, setting));
  expect(trajectory.evaluations.testLoss).toEqual(plain.trajectory.evaluations.testLoss);
  expect(trajectory.steps.loss).toEqual(plain.trajectory.steps.loss);
});

test("it makes the outputs depend less on the inputs", async () => {
  const norms = await Promise.all(
    [0, 0.1].map(async (jacobian) => {
      const run = await penalised(jacobian, { noise: [], steps: 200 });
      const { weights } = await runTraining(wasm, run);
      const { inputs } = run.data.train;
      const samples = Array.from({ length: 43 }, (_, i) => [...inputs.slice(8 * i, 8 * i + 8)]);
      return samples.reduce((sum, x) => sum + squaredJacobian(weights, "tanh", x), 0) / 43;
    }),
  );
  expect(norms[1]).toBeLessThan(norms[0] / 2);
});

test("runs with it resume to the bit, alone, on threads and in an ensemble", async () => {
  const regularization = { jacobian: 0.02, dropout: 0.3, inputNoise: 0.5 };
  const schedule = { kind: "controller", hold: "dose", target: 0.5, every: 5 } as const;
  const optimizer = { ...base.optimizer, momentum: 0.5 };
  const experiments = [0.5, 2].map((sigma) => ({
    ...{ ...base, regularization, optimizer },
    noise: [{ sigma, schedule }],
  }));
  const prepared = await Promise.all(experiments.map((one) => prepare(one, setting)));
  const saved: Checkpoint[] = [];
  const checkpoints = { every: 0, save: (checkpoint: Checkpoint) => void saved.push(checkpoint) };
  const { timing: _, ...whole } = await runExperiment(prepared[1], { checkpoints });
  expect(saved.length).toBeGreaterThan(3);
  for (const from of saved) {
    const { timing: __, ...resumed } = await runExperiment(prepared[1], { checkpoints: { from } });
    expect(resumed).toEqual(whole);
  }
  for (const threads of [1, 2]) {
    const { trajectory } = await train(experiments[1], {
      ...setting,
      threading: threadingFor(0, threads),
    });
    expect(trajectory).toEqual(whole.trajectory);
  }
  const runs = await runEnsemble(
    wasm,
    prepared.map((setup) => ({ setup })),
  );
  const alone = await runExperiment(prepared[0]);
  for (const [i, run] of [alone, whole].entries()) {
    const found = runs[i];
    if (found.status === "rejected") throw found.reason;
    expect(found.value.trajectory).toEqual(run.trajectory);
  }
});

test("the dose equals its budget where the penalty has no gradient for noise weights, and says so where it has", async () => {
  const doseOf = async (activation: "relu" | "tanh") => {
    const network = { layers: [20, 16], activation };
    const { dose } = await runExperiment(await penalised(0.05, { network }));
    if (!dose) throw new Error("no dose");
    return dose;
  };
  const relu = await doseOf("relu");
  expect(relu.exact).toBe(true);
  expect(Math.abs(relu.ratio - 1)).toBeLessThan(1e-4);
  const tanh = await doseOf("tanh");
  expect(tanh.exact).toBe(false);
  expect(tanh.why).toMatch(/this run has Jacobian penalty 0.05$/);
  expect(Math.abs(tanh.ratio - 1)).toBeGreaterThan(1e-3);
});
