import { sha256 } from "../../ts/digest/sha256.js";
import {
  type ExperimentInput,
  hashRuns,
  linearExperiment,
  loadKernels,
  runLinearEnsemble,
  train,
} from "../../ts/entries/browser.js";
import { hashDigests } from "../../ts/format/hash.js";
import type { Trajectory } from "../../ts/trajectory/trajectory.js";

const classes = { name: "gaussian-mixture", inputs: 30, classes: 4, train: 96, test: 40 } as const;
const numbers = { name: "teacher", inputs: 12, outputs: 3, train: 64, test: 32 } as const;

/** Small runs that between them use every operation, distribution and generator of data. */
export const RUNS: Readonly<Record<string, ExperimentInput>> = {
  relu: {
    network: { layers: [33, 17, 9], activation: "relu" },
    noise: [{ sigma: 3 }],
    data: classes,
    optimizer: { batchSize: 16 },
    epochs: 6,
  },
  tanh: {
    network: { layers: [24, 24], activation: "tanh", init: "lecun" },
    noise: [{ layer: 1, nodes: 3, sigma: 1.5, distribution: "uniform", mode: "fixed" }],
    data: classes,
    optimizer: { batchSize: 32, momentum: 0.9, weightDecay: 1e-3, learningRate: 0.02 },
    epochs: 6,
    seed: 1,
  },
  gelu: {
    network: { layers: [40], activation: "gelu", loss: "mse" },
    noise: [
      { nodes: 2, sigma: 0.7, distribution: "rademacher" },
      { layer: 1, sigma: 0.2 },
    ],
    data: classes,
    optimizer: { batchSize: "full", weightDecay: 0.01 },
    epochs: 12,
    seed: 2,
  },
  regression: {
    network: { layers: [21, 21], activation: "tanh", init: "ntk", bias: false },
    noise: [{ sigma: 1 }],
    data: numbers,
    optimizer: { batchSize: 10, learningRate: 0.05 },
    epochs: 8,
    seed: 3,
  },
  spiral: {
    network: { layers: [50], activation: "relu" },
    noise: [],
    data: { name: "spiral", train: 90, test: 30 },
    epochs: 5,
    optimizer: { batchSize: 30 },
    seed: 4,
  },
  catapult: linearExperiment({
    width: 50,
    samples: 40,
    learningRate: 0.05,
    steps: 300,
    mode: "fresh",
    sigma: 5,
    seed: 5,
  }),
};

/** A run with schedules and a controller on several layers, whose noise follows from what it did. */
export const SCHEDULED: ExperimentInput = {
  ...RUNS.relu,
  noise: [
    { sigma: 2, schedule: { kind: "controller", hold: "kappa", target: 0.01, every: 4 } },
    { layer: "hidden", nodes: 2, sigma: 1, schedule: { kind: "cosine", low: 0.2 } },
    { layer: 1, sigma: 1, schedule: { kind: "periodic", on: 1, off: 2, low: 0.5 } },
  ],
  epochs: 12,
};

/** Penalties on the Jacobian, of piecewise linear and of smooth networks. */
const PENALISED: readonly ExperimentInput[] = [
  { ...RUNS.relu, regularization: { jacobian: 0.02, dropout: 0.2 } },
  { ...RUNS.tanh, regularization: { jacobian: 0.01, inputNoise: 0.1 } },
  { ...RUNS.gelu, regularization: { jacobian: 0.005 } },
];

/** A network of some width, whose products have several panels. */
export const FAST: ExperimentInput = {
  network: { layers: [130, 70] },
  data: { name: "gaussian-mixture", inputs: 150, classes: 5, train: 300, test: 60 },
  optimizer: { batchSize: 50, momentum: 0.9 },
  epochs: 5,
};

/** Vectors that `fast` takes here, and a SHA-256 of what a network of some width makes with it. */
export async function fastHash(): Promise<{ vectorBits: number; hash: string }> {
  const kernels = await loadKernels({ fast: true });
  const run = await train(FAST, { kernels, backend: "wasm" });
  const hash = await hashRuns([{ experiment: "fast", trajectory: run.trajectory }]);
  return { vectorBits: kernels.vectorBits, hash };
}

/** Some of a trajectory's columns. */
function hashColumns(
  experiment: string,
  columns: { [P in keyof Trajectory]: Partial<Trajectory[P]> },
): Promise<string> {
  return hashRuns([{ experiment, trajectory: columns as Trajectory }]);
}

/** The dose of all steps and evaluations. `hashRuns` leaves it out. */
function doseBytes({ steps, evaluations }: Trajectory): Uint8Array<ArrayBuffer> {
  const numbers = Float64Array.from(
    [steps, evaluations].flatMap(({ dosePaid, doseBudget }) => [...dosePaid, ...doseBudget]),
    (value) => (Number.isNaN(value) ? Number.NaN : value),
  );
  return new Uint8Array(numbers.buffer);
}

/**
 * SHA-256 of each run on the baseline kernels, the same on every host: under the run's name of its losses, accuracies and
 * norms, under `memory` of what all runs' noise weights remember and how they are kicked, and under `dose` of the dose that
 * they pay; under `schedules` of a run with schedules, and under `jacobian` of runs with penalties.
 */
export async function goldenHashes(threads?: number): Promise<Record<string, string>> {
  const kernels = await loadKernels();
  const hashes: Record<string, string> = {};
  const memories: string[] = [];
  const doses: string[] = [];
  for (const [name, experiment] of Object.entries(RUNS)) {
    const { trajectory } = await train(experiment, { kernels, backend: "wasm", threads });
    const { memory, kick, ...steps } = trajectory.steps;
    const { memory: evaluated, ...evaluations } = trajectory.evaluations;
    // The experiment's own text is no business of this: another default must not change the hash.
    hashes[name] = await hashColumns(name, { steps, evaluations });
    const remembered = { steps: { memory, kick }, evaluations: { memory: evaluated } };
    memories.push(await hashColumns(name, remembered));
    doses.push(await sha256(doseBytes(trajectory)));
  }
  hashes.memory = await hashDigests(memories);
  hashes.dose = await hashDigests(doses);
  const scheduled = await train(SCHEDULED, { kernels, backend: "wasm", threads });
  const penalised: string[] = [];
  for (const experiment of PENALISED) {
    const { trajectory } = await train(experiment, { kernels, backend: "wasm", threads });
    penalised.push(await hashColumns("jacobian", trajectory));
  }
  hashes.jacobian = await hashDigests(penalised);
  hashes.schedules = await hashColumns(JSON.stringify(scheduled.controls), scheduled.trajectory);
  const cells = await runLinearEnsemble(
    {
      experiment: linearExperiment({
        width: 30,
        samples: 20,
        learningRate: 0.05,
        steps: 200,
        mode: "fresh",
        sigma: 1,
        seed: 0,
      }),
      sigmas: [0.1, 1, 4, 5, 8],
      learningRates: [0.02, 0.05],
      seeds: [0, 1],
    },
    { kernels },
  );
  const numbersOf = Float64Array.from(
    cells.flatMap(({ lossEnd, lossMax, niwEnd, effectiveNiwEnd, steps }) => [
      lossEnd,
      lossMax,
      niwEnd,
      effectiveNiwEnd,
      steps,
    ]),
  );
  hashes.ensemble = await sha256(new Uint8Array(numbersOf.buffer));
  return hashes;
}

/** How a run was made by default, and where one thread or two were asked for. */
export async function threadsOfRuns(): Promise<string[]> {
  const kernels = await loadKernels();
  const why = [];
  for (const threads of [undefined, 1, 2]) {
    const { backend } = await train(RUNS.relu, { kernels, backend: "wasm", threads });
    why.push(backend.why ?? "");
  }
  return why;
}

/** The same, and the golden hashes of one thread and of two. */
export async function threadedHashes(): Promise<{ why: string[]; hashes: object[] }> {
  return { why: await threadsOfRuns(), hashes: [await goldenHashes(1), await goldenHashes(2)] };
}

/** The same, and whether the host has digests of its own: browsers do on pages of secure contexts alone. */
export async function hashesAndHost(): Promise<{ subtle: boolean; hashes: object }> {
  return { subtle: globalThis.crypto?.subtle !== undefined, hashes: await goldenHashes() };
}
