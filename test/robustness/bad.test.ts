import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError, shown } from "../../ts/errors/errors.js";
import { ninr } from "../../ts/forecast/ninr.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import { robustness } from "../../ts/robustness/robustness.js";
import {
  BAD as BAD_EXPERIMENTS,
  NOT_COUNTS,
  NOT_NAMES,
  NOT_NATURAL,
  NOT_NUMBERS,
  NOT_OBJECTS,
  set,
} from "../experiment/badValues.js";
import { shapes, trainedOn } from "./shapes.js";

const kernels = await loadKernels();
const dataset = shapes(40, 20, true);
const experiment = {
  network: { layers: [4, 3] },
  noise: [{ nodes: 2, sigma: 1 }],
  optimizer: { batchSize: 10, learningRate: 0.01 },
  regularization: { dropout: 0.1, inputNoise: 0.1 },
  steps: 2,
};
const given = await trainedOn(dataset, kernels, { network: { layers: [3] }, epochs: 1 });
const own = { network: given.network, parameters: given.parameters };

/** What is measured, and how, with something wrong in it or not. */
interface Case {
  readonly subjects: unknown;
  readonly dataset: unknown;
  readonly options: unknown;
}

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
/** Measurements that are sound. The control takes them as they are; every bad case changes one thing in one of them. */
const sound: fc.Arbitrary<Case> = fc
  .record({
    settings: fc.record(
      {
        corruptions: fc.subarray(["fog", "shear", "edges"], { maxLength: 1 }),
        severities: fc.subarray([1, 2, 3, 4, 5], { minLength: 1, maxLength: 2 }),
        attacks: fc.subarray(["fgsm", "pgd", "square"]),
        epsilons: fc.array(number(0, 1), { minLength: 1, maxLength: 2 }),
        samples: fc.integer({ min: 4, max: 20 }),
        attackSamples: fc.integer({ min: 1, max: 4 }),
        seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      },
      {
        requiredKeys: ["corruptions", "severities", "attacks", "epsilons", "samples"],
      },
    ),
    trained: fc.boolean(),
    seeds: fc.integer({ min: 1, max: 2 }),
    other: fc.boolean(),
  })
  .map(({ settings, trained, seeds, other }) => ({
    subjects: [
      { name: "given", networks: [own] },
      ...(trained ? [{ name: "trained", experiment, seeds }] : []),
    ],
    dataset,
    options: {
      ...{ ...settings, steps: 2, restarts: 1, queries: 3 },
      ...(other && { testSets: [{ name: "other", dataset: shapes(4, 0) }] }),
    },
  }));

type Table = Readonly<Record<string, readonly unknown[]>>;
const NOT_LISTS = [1, "fog", true, {}, null];
const NOT_TEXTS = [null, 1, "", true, [], {}, undefined];
const NOT_EPSILONS = [...NOT_NUMBERS, -1e-9, 1.001];

const BAD_SETTINGS: Table = {
  "": [null, 1, "fog", [], () => 1],
  corruptions: NOT_LISTS,
  "corruptions.0": [...NOT_NAMES, "snow", "Fog", "gaussian_noise"],
  severities: [...NOT_LISTS, [], [1, 2, 3, 4, 5, 1]],
  "severities.0": [...NOT_COUNTS, 6],
  attacks: NOT_LISTS,
  "attacks.0": [...NOT_NAMES, "autoattack", "PGD"],
  epsilons: [...NOT_LISTS, [], new Array(101).fill(0)],
  "epsilons.0": NOT_EPSILONS,
  samples: [...NOT_COUNTS, 21],
  attackSamples: [...NOT_COUNTS, 21],
  steps: [...NOT_COUNTS, 10_001],
  restarts: [...NOT_COUNTS, 1001],
  queries: [...NOT_COUNTS, 1_000_001],
  seed: [...NOT_NATURAL, 2 ** 32],
  backend: [null, 1, "cuda", "", [], {}],
  workers: [...NOT_NATURAL, 1025],
  epsilon: [0.1],
  severity: [3],
  networks: [[]],
  testSets: NOT_LISTS,
  "testSets.0": [null, 1, "usps", [], dataset],
  "testSets.1.name": ["first"],
  "testSets.0.name": [...NOT_TEXTS, "half-resolution"],
};

const BAD_SUBJECTS: Table = {
  "": [null, 1, "none.json", {}, [], undefined],
  "0": [null, 1, "none.json", [], [own]],
  "0.name": [...NOT_TEXTS, "second"],
  "0.networks": [null, 1, "x", {}, []],
  "0.networks.0": [null, 1, "x", []],
  "0.networks.0.network": NOT_OBJECTS,
  "0.networks.0.network.widths": [null, [], [784], [784, 0, 4], [784, 3.5, 4], ["784", 3, 4]],
  "0.networks.0.network.activation": NOT_NAMES,
  "0.networks.0.network.loss": NOT_NAMES,
  "0.networks.0.network.bias": [null, 1, "true"],
  "0.networks.0.network.factors": [null, [], [1], [1, 0], [1, Number.NaN], [1, 1, 1]],
  "0.networks.0.parameters": NOT_OBJECTS,
  "0.networks.0.parameters.weights": [null, [], [given.parameters.weights[0]], [1, 2], {}],
  "0.networks.0.parameters.weights.1": [
    ...[null, [0, 1], new Float64Array(11), new Uint8Array(12)],
    ...[new Float64Array(12).fill(Number.NaN), new Float64Array(12).fill(1e39)],
  ],
  "0.networks.0.parameters.biases": [null, [], [given.parameters.biases[0]]],
  "0.networks.0.parameters.biases.0": [new Float64Array(2), null],
  "1.seeds": [...NOT_COUNTS.filter((value) => value !== undefined), 1001],
  "1.seed": [1],
  "1.networks": [[own]],
};

const BAD_DATA: Table = {
  "": [null, 1, "mnist", {}],
  test: [null, 1],
  inputs: [783, "784", 0],
  outputs: [1, 3, 5, 1.5],
  task: ["regression", null],
  scale: [0, Number.NaN],
  "train.rows": [39, 0],
  "test.inputs": [new Float32Array(20 * 784), new Uint8Array(7), null],
  "test.targets": [new Uint32Array(20).fill(4), new Uint32Array(19)],
};

/** A test set may have fewer classes than the networks, and no test samples of its own. */
const { outputs: _, test: __, task: ___, ...BAD_SHAPES } = BAD_DATA;
const BAD_OTHERS: Table = { ...BAD_SHAPES, outputs: [1, 5, 1.5], task: ["regression", null] };

const BAD_REGULARISERS: Table = Object.fromEntries(
  Object.entries(BAD_EXPERIMENTS).filter(([field]) =>
    /^(noise|regularization|optimizer|seed$)/.test(field),
  ),
);

/** A copy with the value at a place, of dots between keys, replaced. */
function put(node: any, place: string, value: unknown): unknown {
  if (place === "") return value;
  const [key, ...rest] = place.split(".");
  const copy = Array.isArray(node) ? [...node] : { ...node };
  copy[key] = put(copy[key] ?? {}, rest.join("."), value);
  return copy;
}

interface Bad {
  readonly place: string;
  readonly value: unknown;
}

/** So many bad values, each of a table in its turn. */
function badValues(table: Table, count: number): Bad[] {
  const all = Object.entries(table).flatMap(([place, values]) =>
    values.map((value) => ({ place, value })),
  );
  expect(all.length).toBeLessThanOrEqual(count);
  return Array.from({ length: count }, (_, k) => all[k % all.length]);
}

/** Notes what is kept, and what is reported. */
class Watch {
  readonly seen: unknown[] = [];
  readonly #see = async (...what: unknown[]) => void this.seen.push(what);
  readonly store = {
    ...{ get: () => undefined, put: this.#see },
    ...{ network: async () => null, putNetwork: this.#see },
  };
  readonly onProgress = (progress: unknown) => void this.#see(progress);
}

/** What is wrong with a refusal: nothing, if it is one line that names one of these fields and says what would be right. */
async function fault(work: () => Promise<unknown>, fields: readonly string[]): Promise<string[]> {
  const error = await work().then(
    () => null,
    (thrown) => thrown,
  );
  if (error === null) return ["it was taken"];
  if (!(error instanceof InputError)) return [String((error as Error).stack).slice(0, 300)];
  const { field, message } = error;
  const right = / takes?:? |known ones are|is missing|is not a (class|finite)|exceeds float32/;
  const faults = [];
  if (!/^[^\p{Cc}]{10,500}$/u.test(message)) faults.push("not one line");
  if (/\[object|Expected|not a function|undefined is/.test(message)) faults.push("not in words");
  if (!right.test(message)) faults.push("does not say what would be right");
  if (!fields.some((one) => `${field}.`.startsWith(one))) faults.push(`names ${field}`);
  return faults.map((what) => `${what}: ${message}`);
}

const BASES = fc.sample(sound, { seed: 2210, numRuns: 1000 });

/** Refuses each, trains and keeps nothing, and reports no progress. */
async function allRefused(
  cases: readonly Bad[],
  build: (base: Case, bad: Bad) => Case,
  fieldsOf: (bad: Bad) => string[],
): Promise<void> {
  const faults: string[] = [];
  for (const [k, bad] of cases.entries()) {
    const { subjects, dataset: data, options } = build(BASES[k], bad);
    const watch = new Watch();
    const { store, onProgress } = watch;
    const plain = typeof options === "object" && options !== null && !Array.isArray(options);
    const all = plain ? { kernels, store, onProgress, ...options } : options;
    const found = await fault(
      () => robustness(subjects as any, data as any, all as any),
      fieldsOf(bad),
    );
    if (watch.seen.length > 0) found.push("it began to work");
    faults.push(...found.map((what) => `${bad.place} = ${shown(bad.value)}: ${what}`));
  }
  expect([...new Set(faults)]).toEqual([]);
}

const named = (place: string) => place.replace(/\.\d+$/, "");
const SECOND = { name: "second", experiment };
const TWO = ["first", "second"].map((name) => ({ name, dataset: shapes(4, 0) }));

describe("1,000 bad configurations of robustness", () => {
  test("the bases are taken as they are", async () => {
    for (const { subjects, dataset: data, options } of BASES.slice(0, 12)) {
      const all = { ...(options as object), kernels };
      const { networks } = await robustness(subjects as any, data as any, all as any);
      expect(networks.length).toBe((subjects as unknown[]).length);
    }
    const two = { kernels, corruptions: [], attacks: [], testSets: TWO };
    const { networks } = await robustness([{ name: "given", networks: [own] }], dataset, two);
    expect(networks[0].shift.map(({ name }) => name)).toEqual(["first", "second"]);
  });

  test("250 settings", () =>
    allRefused(
      badValues(BAD_SETTINGS, 250),
      (base, { place, value }) => {
        const lists = { corruptions: ["fog"], attacks: ["fgsm"], testSets: TWO };
        return { ...base, options: put({ ...(base.options as object), ...lists }, place, value) };
      },
      ({ place }) => [place === "" ? "options" : named(place)],
    ));

  test("200 networks", () =>
    allRefused(
      badValues(BAD_SUBJECTS, 200),
      (base, { place, value }) => {
        const [first] = base.subjects as unknown[];
        return { ...base, subjects: put([first, SECOND], place, value) };
      },
      ({ place }) => [
        named(`subjects.${place}`).replace(/\.$/, ""),
        // The field of one subject is named without its place.
        ...(/^\d\.(networks|seeds)/.test(place) ? [named(place.slice(2))] : []),
        ...(place === "0.name" ? ["name"] : []),
        ...(place === "1.networks" ? ["subjects.1.experiment"] : []),
      ],
    ));

  test("150 data sets, of the networks or of another domain", async () => {
    const field = ({ place }: Bad) => [`dataset.${place}`, "dataset", "network", "data"];
    await allRefused(
      badValues(BAD_DATA, 75),
      (base, { place, value }) => ({ ...base, dataset: put(dataset, place, value) }),
      field,
    );
    await allRefused(
      badValues(BAD_OTHERS, 75),
      (base, { place, value }) => {
        const testSets = [{ name: "other", dataset: put(dataset, place, value) }];
        return { ...base, options: { ...(base.options as object), testSets } };
      },
      () => ["testSets"],
    );
  });

  test("300 experiments of noise groups, schedules and rivals", () =>
    allRefused(
      badValues(BAD_REGULARISERS, 300),
      (base, { place, value }) => {
        const bad = { name: "bad", experiment: set(experiment, place, value) };
        return { ...base, subjects: [...(base.subjects as unknown[]), bad] };
      },
      ({ place }) => [named(place)],
    ));

  test("100 presets", async () => {
    const faults: string[] = [];
    // Layer and sigma of the group are the preset's own.
    const { "noise.0.layer": _, "noise.0.sigma": __, noise: ___, ...kept } = BAD_REGULARISERS;
    const all = Object.entries(kept).flatMap(([field, values]) =>
      values.map((value) => ({ field, input: set(experiment, field, value), options: {} })),
    );
    const bad = (field: string, values: readonly unknown[]) =>
      values.map((value) => ({ field, input: experiment, options: { [field]: value } }));
    const cases = [
      ...bad("preset", [null, 1, "", "NINR", "full", {}, [], ["ninr"]]),
      ...bad("effort", [null, 1, "much", {}, ["run"]]),
      {
        field: "noise.0.layer",
        input: { ...experiment, network: { layers: [] } },
        options: { preset: "ninr-full" },
      },
      ...fc.sample(fc.constantFrom(...all), { seed: 15764, numRuns: 86 }),
    ];
    for (const [k, { field, input, options }] of cases.entries()) {
      const preset = k % 2 === 0 ? "ninr" : "ninr-full";
      const work = () => ninr(input as any, { preset, ...options, kernels, dataset } as any);
      const found = await fault(work, [named(field)]);
      faults.push(...found.map((what) => `${field}: ${what}`));
    }
    expect(cases.length).toBe(100);
    expect(faults).toEqual([]);
  });
});
