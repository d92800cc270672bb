import { describe, expect, test } from "vitest";
import type { Machine } from "../../ts/backend/machine.js";
import { referenceMachine } from "../../ts/backend/reference.js";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { webgpuMachine } from "../../ts/backend/webgpu/webgpu.js";
import type { ExperimentInput, ScheduleInput } from "../../ts/experiment/schema.js";
import { runEnsemble } from "../../ts/jobs/ensembleTraining.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { decodeCheckpoint, encodeCheckpoint } from "../../ts/store/checkpointFile.js";
import type { Checkpoint } from "../../ts/train/checkpoint.js";
import { type RunResult, runExperiment } from "../../ts/train/experimentRun.js";
import { Prepared, prepare } from "../../ts/train/prepare.js";
import { testGpu } from "../gpu.js";

const gpu = await testGpu();
const kernels = await loadKernels();
const reference = referenceMachine();
const wasm = wasmMachine(kernels);
const machines: [string, Machine][] = [
  ["reference", reference],
  ["wasm", wasm],
  ...("none" in gpu ? [] : [["webgpu", webgpuMachine(gpu)] as [string, Machine]]),
];

const base: ExperimentInput = {
  network: { layers: [12] },
  data: { name: "gaussian-mixture", inputs: 8, classes: 3, separation: 2, train: 43, test: 0 },
  optimizer: { batchSize: 10, learningRate: 0.05 },
  steps: 30,
};
const withSchedule = (schedule: ScheduleInput, more: object = {}): ExperimentInput => ({
  ...base,
  noise: [{ nodes: 2, sigma: 1.5, schedule, ...more }],
});

const SCHEDULES: readonly ScheduleInput[] = [
  { kind: "periodic", on: 1, off: 2, low: 0.25 },
  { kind: "cosine", low: 0.1 },
  { kind: "controller", hold: "kappa", target: 0.05, every: 3 },
  { kind: "controller", hold: "dose", target: 0.5, every: 7 },
];

async function on(machine: Machine, input: ExperimentInput): Promise<Prepared> {
  const { experiment, data, dataKey } = await prepare(input, { kernels, backend: "wasm" });
  return new Prepared(experiment, { kernels, data, dataKey, machine });
}

async function run(machine: Machine, input: ExperimentInput): Promise<RunResult> {
  return runExperiment(await on(machine, input));
}

test("a constant schedule is no schedule, to the bit", async () => {
  const { trajectory, controls } = await run(wasm, withSchedule({ kind: "constant" }));
  const plain = await run(wasm, { ...base, noise: [{ nodes: 2, sigma: 1.5 }] });
  expect(trajectory).toEqual(plain.trajectory);
  expect(controls).toEqual([]);
});

test("a schedule that is always on is no schedule, to the bit", async () => {
  const { trajectory } = await run(wasm, withSchedule({ kind: "periodic", on: 99 }));
  const plain = await run(wasm, { ...base, noise: [{ nodes: 2, sigma: 1.5 }] });
  expect(trajectory).toEqual(plain.trajectory);
});

test("a periodic schedule is the run of sigma while it is on, and that of low sigma in between", async () => {
  // Four updates an epoch. The noise of an epoch acts with that epoch's sigma: the losses at the same weights tell.
  const input = withSchedule({ kind: "periodic", on: 1, off: 1, low: 0 });
  const scheduled = await run(reference, {
    ...input,
    optimizer: { ...base.optimizer, learningRate: 1e-12 },
  });
  const still = { optimizer: { ...base.optimizer, learningRate: 1e-12 } };
  const loud = await run(reference, { ...base, ...still, noise: [{ nodes: 2, sigma: 1.5 }] });
  const quiet = await run(reference, { ...base, ...still, noise: [{ nodes: 2, sigma: 0 }] });
  scheduled.trajectory.steps.loss.forEach((loss, step) => {
    const wanted = Math.floor(step / 4) % 2 === 0 ? loud : quiet;
    expect(loss).toBeCloseTo(wanted.trajectory.steps.loss[step], 8);
  });
  expect(scheduled.controls[0].points.map(({ sigma }) => sigma)).toEqual([
    1.5, 0, 1.5, 0, 1.5, 0, 1.5,
  ]);
});

test("a cosine goes from sigma to low sigma", async () => {
  const { trajectory, controls } = await run(wasm, {
    ...withSchedule({ kind: "cosine", low: 0.2 }),
    optimizer: { batchSize: "full", learningRate: 1e-12 },
  });
  const { points, kind, group } = controls[0];
  expect([kind, group, points.length]).toEqual(["cosine", 0, 30]);
  points.forEach(({ sigma, step }) => {
    const wanted = 1.5 * (0.2 + 0.4 * (1 + Math.cos((Math.PI * (step - 1)) / 29)));
    expect(sigma).toBeCloseTo(wanted, 6);
  });
  // The kick is of the noise that acted.
  const { kick } = trajectory.steps;
  expect(kick[29] / kick[0]).toBeCloseTo(0.2, 0);
});

describe.each(SCHEDULES)("%j", (schedule) => {
  const input = withSchedule(schedule);

  test.each(machines.slice(1))("gives on %s what it gives on the reference", async (_, machine) => {
    const [found, exact] = [await run(machine, input), await run(reference, input)];
    for (const column of ["loss", "niwNorm", "dosePaid", "kick"] as const) {
      found.trajectory.steps[column].forEach((value, i) => {
        const right = exact.trajectory.steps[column][i];
        expect(Math.abs(value - right)).toBeLessThan(2e-4 * Math.max(1, Math.abs(right)));
      });
    }
    found.controls[0].points.forEach((point, i) => {
      const right = exact.controls[0].points[i];
      expect(point.step).toBe(right.step);
      expect(point.sigma / right.sigma || 1).toBeCloseTo(1, 3);
    });
  });

  test("resumes to the bit from every checkpoint", async () => {
    const prepared = await on(wasm, input);
    const saved: Checkpoint[] = [];
    const { timing: _, ...whole } = await runExperiment(prepared, {
      checkpoints: { every: 0, save: (checkpoint) => void saved.push(checkpoint) },
    });
    expect(saved.length).toBeGreaterThan(5);
    for (const checkpoint of saved) {
      const from = decodeCheckpoint("key", encodeCheckpoint("key", checkpoint), "file");
      const { timing: __, ...resumed } = await runExperiment(prepared, { checkpoints: { from } });
      expect(resumed, `from step ${checkpoint.step}`).toEqual(whole);
    }
  });

  test("is each replica's own in an ensemble, to the bit", async () => {
    const inputs = [0.5, 2].map((sigma) => withSchedule(schedule, { sigma }));
    const setups = await Promise.all(inputs.map((one) => on(wasm, one)));
    const together = await runEnsemble(
      wasm,
      setups.map((setup) => ({ setup })),
    );
    for (const [r, setup] of setups.entries()) {
      const found = together[r];
      if (found.status === "rejected") throw found.reason;
      const alone = await runExperiment(setup);
      expect(found.value.trajectory).toEqual(alone.trajectory);
      expect(found.value.controls).toEqual(alone.controls);
    }
  });
});

test("a checkpoint of another schedule is refused", async () => {
  const saved: Checkpoint[] = [];
  await runExperiment(await on(wasm, withSchedule(SCHEDULES[2])), {
    checkpoints: { every: 0, save: (checkpoint) => void saved.push(checkpoint) },
  });
  const from = saved[saved.length - 1];
  await expect(
    runExperiment(await on(wasm, withSchedule(SCHEDULES[3])), { checkpoints: { from } }),
  ).rejects.toMatchObject({ field: "checkpoint", message: expect.stringContaining("sigma.0") });
});

const SEPARATE = { name: "gaussian-mixture", inputs: 20, classes: 4, separation: 1 } as const;
const networks: Record<string, ExperimentInput> = {
  relu: { network: { layers: [32, 32] }, noise: [{ nodes: 4 }] },
  "tanh, the second layer": {
    network: { layers: [40, 24], activation: "tanh" },
    noise: [{ layer: 1, nodes: 8 }],
  },
  "gelu, squared error": {
    network: { layers: [24], activation: "gelu", loss: "mse" },
    noise: [{ nodes: 2 }],
  },
};

describe.each(Object.entries(networks))(
  "a controller on %s, within 20 percent over the last half,",
  (name, network) => {
    test.each([
      ["kappa", 0.002],
      ["dose", 0.2],
    ] as const)("holds the %s at %d", async (hold, target) => {
      // From noise that hardly acts; for one network from noise that is too strong too.
      for (const sigma of name === "relu" ? [0.3, 3] : [0.3]) {
        const schedule = { kind: "controller", hold, target } as const;
        const { controls } = await run(wasm, {
          ...network,
          noise: [{ ...network.noise?.[0], sigma, schedule }],
          data: { ...SEPARATE, train: 2000, test: 0 },
          optimizer: { batchSize: 50, learningRate: 0.05 },
          epochs: 100,
        });
        const { points, target: read } = controls[0];
        expect(points).toHaveLength(80);
        const late = points.slice(40).map((point) => point[hold] ?? Number.NaN);
        const median = late.sort((a, b) => a - b)[20];
        expect(Math.abs(median / target - 1), `from sigma ${sigma}`).toBeLessThan(0.2);
        expect(read).toEqual({ median, reached: true, why: null });
      }
    });
  },
);

describe("a controller of a target that the network does not have", () => {
  const unreachable = (more: object) => ({
    ...networks.relu,
    noise: [
      {
        nodes: 4,
        sigma: 0.3,
        schedule: { kind: "controller", hold: "kappa", target: 1, ...more } as const,
      },
    ],
    data: { ...SEPARATE, train: 500, test: 0 },
    optimizer: { batchSize: 50, learningRate: 0.05 },
    epochs: 200,
  });

  test("stays within 100 times its start, and says where it stayed", async () => {
    const { points, target } = (await run(wasm, unreachable({}))).controls[0];
    const sigmas = points.map(({ sigma }) => sigma);
    expect(Math.max(...sigmas) / 0.3).toBeLessThan(100 * (1 + 1e-6));
    expect(Math.max(...sigmas)).toBeGreaterThan(3);
    expect(target?.reached).toBe(false);
    const late = points.slice(20).map(({ kappa }) => kappa ?? Number.NaN);
    expect(target?.median).toBe(late.sort((a, b) => a - b)[10]);
    const from = Math.min(...sigmas.slice(20)).toPrecision(3);
    expect(target?.why).toContain(`target 1 not reached: kappa stayed at`);
    expect(target?.why).toContain(`with sigma from ${from} to`);
  });

  test("stays within bounds of its own", async () => {
    const { points } = (await run(wasm, unreachable({ least: 0.2, most: 0.9 }))).controls[0];
    const sigmas = points.map(({ sigma }) => sigma);
    expect(Math.max(...sigmas)).toBeCloseTo(0.9, 6);
    expect(Math.min(...sigmas)).toBeGreaterThan(0.2 - 1e-6);
  });

  test("says so too where the run ends before its first step", async () => {
    const { controls } = await run(wasm, { ...unreachable({ every: 1000 }), epochs: 2 });
    expect(controls[0].target).toEqual({
      ...{ median: null, reached: false },
      why: "target 1 not reached: the run ended before the controller's first step",
    });
  });
});
