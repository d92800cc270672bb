import { beforeAll, describe, expect, test } from "vitest";
import { InputError, RunError } from "../../ts/errors/errors.js";
import { train } from "../../ts/jobs/train.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import { CORRUPTION_NAMES } from "../../ts/robustness/corruptions/corruptions.js";
import {
  type RobustnessOptions,
  robustness,
  type TestSet,
} from "../../ts/robustness/robustness.js";
import type { RobustnessResult } from "../../ts/robustness/robustnessResult.js";
import type { RobustnessSubject } from "../../ts/robustness/subjects.js";
import type { Measured, TrainedNetwork } from "../../ts/store/measurements.js";
import { shapes, trainedOn } from "./shapes.js";

const kernels = await loadKernels();
const dataset = shapes(120, 60, true);
const base = {
  network: { layers: [16] },
  noise: [],
  optimizer: { batchSize: 20, learningRate: 0.05 },
  epochs: 8,
  seed: 1,
};
const SUBJECTS: RobustnessSubject[] = [
  { name: "plain", experiment: base, seeds: 3 },
  {
    name: "tanh",
    experiment: { ...base, network: { layers: [16], activation: "tanh" } },
    seeds: 3,
  },
];
const SOME: RobustnessOptions = {
  kernels,
  corruptions: ["gaussian-noise", "translation"],
  severities: [3, 1],
  attacks: ["pgd", "fgsm"],
  epsilons: [0.3, 0, 0.05],
  attackSamples: 20,
  steps: 10,
  restarts: 1,
};

/** A store in memory that counts what is asked of it. */
class CountingStore {
  readonly measured = new Map<string, Measured>();
  readonly networks = new Map<string, TrainedNetwork>();
  puts = 0;
  get = (key: string) => this.measured.get(key);
  put = async (key: string, one: Measured) => {
    this.puts++;
    this.measured.set(key, one);
  };
  network = async (key: string) => this.networks.get(key) ?? null;
  putNetwork = async (key: string, one: TrainedNetwork) => {
    this.networks.set(key, one);
  };
}

describe("two networks of three seeds", () => {
  const store = new CountingStore();
  let result: RobustnessResult;
  beforeAll(async () => {
    result = await robustness(SUBJECTS, dataset, { ...SOME, store });
  });

  test("have all accuracies, in order of severity and epsilon", () => {
    expect(result.networks.map(({ name }) => name)).toEqual(["plain", "tanh"]);
    for (const { clean, corruptions, severities, attacks, shift } of result.networks) {
      expect(corruptions.map(({ name, severity }) => [name, severity])).toEqual([
        ["gaussian-noise", 1],
        ["gaussian-noise", 3],
        ["translation", 1],
        ["translation", 3],
      ]);
      expect(attacks.map(({ name, epsilon, steps }) => [name, epsilon, steps])).toEqual([
        ["pgd", 0, 10],
        ["pgd", 0.05, 10],
        ["pgd", 0.3, 10],
        ["fgsm", 0, 1],
        ["fgsm", 0.05, 1],
        ["fgsm", 0.3, 1],
      ]);
      expect(shift.map(({ name }) => name)).toEqual(["half-resolution"]);
      expect(severities.map(({ severity }) => severity)).toEqual([1, 3]);
      const mean = (corruptions[1].accuracy + corruptions[3].accuracy) / 2;
      expect(severities[1].accuracy).toBeCloseTo(mean, 12);
      expect(clean.accuracy).toBeGreaterThan(0.9);
      expect(attacks[2].accuracy).toBeLessThan(attacks[0].accuracy);
    }
  });

  test("are compared seed by seed", () => {
    const [plain, tanh] = result.networks;
    expect(plain.clean.difference).toBeNull();
    const expected = tanh.clean.seeds.map((value, k) => value - plain.clean.seeds[k]);
    const difference = tanh.clean.difference;
    expect(difference?.count).toBe(3);
    expect(difference?.mean).toBeCloseTo(expected.reduce((a, b) => a + b) / 3, 12);
    for (const { accuracy, low, high, error, seeds } of tanh.corruptions) {
      expect(seeds).toHaveLength(3);
      expect(low).toBeLessThanOrEqual(accuracy);
      expect(high).toBeGreaterThanOrEqual(accuracy);
      expect(error).toBeGreaterThanOrEqual(0);
    }
  });

  test("made again from the store, they take no work and are the same", async () => {
    const before = store.puts;
    expect(before).toBe(6 * (1 + 4 + 6 + 1));
    expect(store.networks.size).toBe(6);
    const again = await robustness(SUBJECTS, dataset, { ...SOME, store });
    expect(again).toEqual(result);
    expect(store.puts).toBe(before);
    // Another epsilon adds what it adds, and no more.
    await robustness(SUBJECTS, dataset, { ...SOME, epsilons: [0.3, 0, 0.05, 0.1], store });
    expect(store.puts).toBe(before + 6 * 2);
    expect(store.networks.size).toBe(6);
  });

  test("interrupted anywhere and continued, they are the same", async () => {
    const kept = new CountingStore();
    for (const after of [7, 30]) {
      const controller = new AbortController();
      const put = async (key: string, one: Measured) => {
        await kept.put(key, one);
        if (kept.puts === after) controller.abort(new Error("enough"));
      };
      const interrupted = { ...kept, put };
      const { signal } = controller;
      const job = robustness(SUBJECTS, dataset, { ...SOME, store: interrupted, signal });
      await expect(job).rejects.toThrow("enough");
      expect(kept.puts).toBeLessThanOrEqual(after + 1);
    }
    expect(await robustness(SUBJECTS, dataset, { ...SOME, store: kept })).toEqual(result);
  });
});

test("a given network has the accuracy that training reported, with its binomial error", async () => {
  const { network, parameters } = await trainedOn(dataset, kernels, base);
  const none = { ...SOME, corruptions: [], attacks: [], testSets: [] };
  const subjects = [{ name: "given", networks: [{ network, parameters }] }];
  const { networks } = await robustness(subjects, dataset, none);
  const trained = await robustness([{ name: "same", experiment: base }], dataset, none);
  const { accuracy, error, low, high } = networks[0].clean;
  expect(trained.networks[0].clean).toEqual(networks[0].clean);
  expect(error).toBeCloseTo(Math.sqrt((accuracy * (1 - accuracy)) / 60), 12);
  expect([low <= accuracy, high >= accuracy, high - low < 0.3]).toEqual([true, true, true]);
  expect(networks[0].corruptions).toEqual([]);
});

test("a network with noise nodes has the dose that training reports, also from the store", async () => {
  const noisy = { ...base, noise: [{ nodes: 4, sigma: 2 }], epochs: 2 };
  const subjects: RobustnessSubject[] = [
    { name: "plain", experiment: { ...base, epochs: 2 }, seeds: 2 },
    { name: "noisy", experiment: noisy, seeds: 2 },
  ];
  const store = new CountingStore();
  const none = { ...SOME, corruptions: [], attacks: [], store };
  const { networks } = await robustness(subjects, dataset, none);
  expect(networks[0].dose).toBeNull();
  const doses = await Promise.all(
    [1, 2].map((seed) => train({ ...noisy, seed }, { dataset, kernels, backend: "wasm" })),
  ).then((runs) => runs.map(({ dose }) => dose));
  const { paid, budget, ratio, seeds } = networks[1].dose ?? {};
  expect(seeds).toEqual(doses);
  expect(doses[0]?.paid).not.toBe(doses[1]?.paid);
  expect(paid).toBeCloseTo(((doses[0]?.paid ?? 0) + (doses[1]?.paid ?? 0)) / 2, 12);
  expect(ratio).toBe((paid ?? 0) / (budget ?? 0));
  expect(Math.abs((ratio ?? 0) - 1)).toBeLessThan(1e-5);
  const again = await robustness(subjects, dataset, none);
  expect(again.networks[1].dose).toEqual(networks[1].dose);
});

test("a network whose training diverges has no accuracy, not that of one class", async () => {
  const optimizer = { batchSize: 20, learningRate: 1e9 };
  const diverging = { name: "diverging", experiment: { ...base, optimizer } };
  const store = new CountingStore();
  const job = robustness([SUBJECTS[0], diverging], dataset, { ...SOME, store });
  await expect(job).rejects.toThrow(RunError);
  await expect(job).rejects.toThrow(/seed 1 left the finite numbers.*learning rate \(1000000000\)/);
  expect(store.puts).toBe(0);
});

test("other test sets take the place of the generated shift", async () => {
  const other: TestSet = { name: "other shapes", dataset: shapes(20, 0) };
  const options = { ...SOME, corruptions: [], attacks: [], testSets: [other] };
  const { networks } = await robustness(SUBJECTS.slice(0, 1), dataset, options);
  expect(networks[0].shift.map(({ name }) => name)).toEqual(["other shapes"]);
  expect(networks[0].shift[0].accuracy).toBeGreaterThan(0.5);
});

test.each<[string, RobustnessSubject[], RobustnessOptions, string]>([
  ["no networks", [], {}, "subjects"],
  ["two of one name", [SUBJECTS[0], SUBJECTS[0]], {}, "name"],
  ["half a seed", [{ ...SUBJECTS[0], seeds: 0.5 } as RobustnessSubject], {}, "seeds"],
  ["a bad experiment", [{ name: "a", experiment: { epochs: -1 } }], {}, "epochs"],
  ["no seeds' networks", [{ name: "a", networks: [] }], {}, "networks"],
  ["an unknown corruption", SUBJECTS, { corruptions: ["snow" as "fog"] }, "corruptions.0"],
  ["severity 6", SUBJECTS, { severities: [6] }, "severities.0"],
  ["an unknown attack", SUBJECTS, { attacks: ["magic" as "pgd"] }, "attacks.0"],
  ["epsilon 2", SUBJECTS, { epsilons: [2] }, "epsilons.0"],
  ["too many samples", SUBJECTS, { samples: 61 }, "samples"],
  ["no steps", SUBJECTS, { steps: 0 }, "steps"],
  ["an unknown setting", SUBJECTS, { strength: 1 } as RobustnessOptions, "strength"],
])("refuses %s", async (_, subjects, options, field) => {
  const job = robustness(subjects, dataset, { kernels, ...options });
  await expect(job).rejects.toThrow(InputError);
  await expect(job).rejects.toMatchObject({ field });
});

test("refuses data that are no images from 0 to 1", async () => {
  const { train: split, test: held, ...shape } = shapes(20, 20);
  const gray = { ...split, inputs: split.inputs.map((value) => 2 * value) as Float32Array };
  for (const [bad, why] of [
    [{ ...shape, train: split, test: null }, "no test samples"],
    [{ ...shape, train: gray, test: { ...gray } }, "numbers from 0 to 1"],
  ] as const) {
    await expect(robustness(SUBJECTS, { ...bad }, { kernels })).rejects.toThrow(why);
  }
  expect(held?.rows).toBe(20);
});

test("all corruptions and attacks are measured if none are named", async () => {
  const options = { kernels, severities: [3], epsilons: [0.1], samples: 8, queries: 5, steps: 2 };
  const { networks, settings } = await robustness(SUBJECTS.slice(0, 1), dataset, options);
  expect(networks[0].corruptions.map(({ name }) => name)).toEqual([...CORRUPTION_NAMES]);
  expect(networks[0].attacks.map(({ name }) => name)).toEqual(["fgsm", "pgd", "square"]);
  expect(settings).toMatchObject({ samples: 8, attackSamples: 8, restarts: 2, seed: 0 });
});
