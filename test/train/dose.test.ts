import { describe, expect, test } from "vitest";
import type { Machine } from "../../ts/backend/machine.js";
import { referenceMachine } from "../../ts/backend/reference.js";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { webgpuMachine } from "../../ts/backend/webgpu/webgpu.js";
import type { ExperimentInput } from "../../ts/experiment/schema.js";
import { runEnsemble } from "../../ts/jobs/ensembleTraining.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { runExperiment } from "../../ts/train/experimentRun.js";
import { Prepared, prepare } from "../../ts/train/prepare.js";
import type { Dose } from "../../ts/train/record/dose.js";
import type { Trajectory } from "../../ts/trajectory/trajectory.js";
import { testGpu } from "../gpu.js";

// A software GPU takes 25 ms for a step.
const FULL = process.env.NINSCOPE_SOAK === "full";

const gpu = await testGpu();
const kernels = await loadKernels();
const reference = referenceMachine();
const machines: [string, Machine, number][] = [
  ["reference", reference, 1e-10],
  ["wasm", wasmMachine(kernels), 1e-5],
  ...("none" in gpu ? [] : [["webgpu", webgpuMachine(gpu), 1e-5] as [string, Machine, number]]),
];

const data = { name: "gaussian-mixture", inputs: 8, classes: 3, train: 40, test: 0 } as const;
const base: ExperimentInput = {
  network: { layers: [12, 10] },
  data,
  optimizer: { batchSize: 10, learningRate: 0.05 },
  steps: 2000,
  record: { dense: 0, every: 250, evaluateEvery: 100 },
};

/** Networks in the decay phase, where the dose is the noise weights' whole start. */
const networks: Record<string, ExperimentInput> = {
  "one node": { ...base, noise: [{ sigma: 2 }] },
  "three groups, one of fixed noise": {
    ...base,
    network: { layers: [12, 10], activation: "tanh" },
    noise: [
      { nodes: 4, sigma: 1 },
      { layer: 1, nodes: 2, sigma: 1, distribution: "rademacher" },
      { layer: 2, sigma: 0.5, mode: "fixed" },
    ],
  },
  "the NTK parametrisation": {
    ...base,
    network: { layers: [12], activation: "gelu", init: "ntk", loss: "mse" },
    noise: [{ sigma: 1.5, nodes: 2 }],
  },
};

async function on(machine: Machine, input: ExperimentInput) {
  const { experiment, data: samples, dataKey } = await prepare(input, { kernels, backend: "wasm" });
  return new Prepared(experiment, { kernels, data: samples, dataKey, machine });
}

describe.each(Object.entries(networks))("the dose of %s through 2,000 steps", (_, input) => {
  const some = FULL || input === networks["one node"] ? machines : machines.slice(0, 2);
  test.each(some)("is what its budget says, on %s", async (name, machine, bound) => {
    const steps = FULL || name !== "webgpu" ? {} : { steps: 200, record: { dense: 0, every: 25 } };
    const { dose, trajectory } = await runExperiment(await on(machine, { ...input, ...steps }));
    judge(trajectory, dose, bound);
  });
});

function judge({ steps, evaluations }: Trajectory, dose: Dose | null, bound: number): void {
  expect(dose?.exact).toBe(true);
  expect(Math.abs((dose?.ratio ?? 0) - 1)).toBeLessThan(bound);
  expect(steps.step).toHaveLength(8);
  expect([steps.dosePaid[0], steps.doseBudget[0]]).toEqual([0, 0]);
  steps.dosePaid.slice(1).forEach((paid, i) => {
    expect(paid).toBeGreaterThan(0);
    expect(Math.abs(steps.doseBudget[i + 1] / paid - 1)).toBeLessThan(bound);
  });
  expect(evaluations.dosePaid.at(-1)).toBe(dose?.paid);
}

test("is not what its budget says with momentum or weight decay, and the result says why", async () => {
  const settings = { momentum: 0.9, weightDecay: 0.01 };
  for (const [name, value] of Object.entries(settings)) {
    const optimizer = { ...base.optimizer, learningRate: 0.01, [name]: value };
    const input = { ...base, steps: 300, noise: [{ sigma: 1 }], optimizer };
    const { dose } = await runExperiment(await on(reference, input));
    expect(dose?.exact).toBe(false);
    expect(dose?.why).toContain(`${name === "momentum" ? "momentum" : "weight decay"} ${value}`);
    expect(Math.abs((dose?.ratio ?? 1) - 1)).toBeGreaterThan(0.05);
  }
});

test("is nothing without noise nodes", async () => {
  const { dose, trajectory, final } = await runExperiment(
    await on(reference, { ...base, steps: 4, noise: [] }),
  );
  expect(dose).toBeNull();
  expect(trajectory.steps.dosePaid).toHaveLength(0);
  expect(final.dosePaid).toBeNaN();
});

test("to second order, is twice the smaller for noise weights that are 1/sqrt 2 of it", async () => {
  // <W, g> is quadratic in W_NI as long as the noise is small; the first-order part has mean zero, and none with `+-`.
  const paidFrom = async (scale: number) => {
    const pair = await Promise.all(
      [0, 1, 2, 3, 4, 5, 6, 7].map(async (seed) => {
        const noise = [{ sigma: 0.05, scale, nodes: 8 }];
        const input = {
          ...base,
          steps: 400,
          noise,
          seed,
          optimizer: { batchSize: "full" },
        } as const;
        return (await runExperiment(await on(wasmMachine(kernels), input))).final.dosePaid;
      }),
    );
    return pair.reduce((a, b) => a + b, 0) / pair.length;
  };
  const [small, large] = [await paidFrom(1), await paidFrom(Math.SQRT2)];
  expect(large / small).toBeGreaterThan(1.5);
  expect(large / small).toBeLessThan(2.5);
});

// A software GPU would take half a minute to compile what this test needs.
test.each(FULL ? machines : machines.slice(0, 2))(
  "is each replica's own in an ensemble, to the bit, on %s",
  async (_, machine) => {
    const inputs = [0.5, 2].map((sigma) => ({ ...base, steps: 20, noise: [{ sigma, nodes: 2 }] }));
    const setups = await Promise.all(inputs.map((input) => on(machine, input)));
    const [, found] = await runEnsemble(
      machine,
      setups.map((setup) => ({ setup })),
    );
    if (found.status === "rejected") throw found.reason;
    const { trajectory: alone } = await runExperiment(setups[1]);
    expect(found.value.trajectory).toEqual(alone);
  },
);
