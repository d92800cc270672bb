import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asCommand } from "../../lab/state/asCommand.js";
import { edited } from "../../lab/state/edit.js";
import { fragmentOf, stateOf } from "../../lab/state/fragment.js";
import {
  FIRST_STATE,
  type LabState,
  MACHINES,
  MOST_PINS,
  PANELS,
  parseState,
  TOUR_STOPS,
} from "../../lab/state/labState.js";
import { besideAt, isPinned, pinned, unpinned } from "../../lab/state/pins.js";
import { withoutDefaults } from "../../lab/state/withoutDefaults.js";
import { InputError } from "../../ts/errors/errors.js";
import { parseExperiment } from "../../ts/experiment/parse.js";

const sigma = fc.double({ min: 0, max: 1e4, noNaN: true });

const dataSpec = fc.oneof(
  fc.record({
    name: fc.constant("gaussian-mixture" as const),
    inputs: fc.integer({ min: 1, max: 64 }),
    classes: fc.integer({ min: 2, max: 10 }),
  }),
  fc.record({
    name: fc.constant("spiral" as const),
    turns: fc.double({ min: 0, max: 3, noNaN: true }),
  }),
  fc.record({ name: fc.constant("teacher" as const), hidden: fc.constant([4]) }),
  fc.record({
    name: fc.constant("linear-regression" as const),
    inputs: fc.constant(2),
    slope: fc.constantFrom(1, 3, [1, 2]),
  }),
  fc.constantFrom(
    { name: "csv" as const, path: "a.csv", target: "kind", train: 30, test: 10 },
    { name: "npz" as const, path: "a.npz", inputs: "x", train: 20 },
    { name: "npy" as const, inputs: "X.npy", targets: "y.npy", train: 20 },
    { name: "idx" as const, images: "i", labels: "l", train: 20, normalization: "unit" as const },
  ),
);

/** States that the page can be in. */
const states: fc.Arbitrary<LabState> = fc
  .record({
    panel: fc.constantFrom(...PANELS),
    machine: fc.constantFrom(...MACHINES),
    tour: fc.integer({ min: 0, max: TOUR_STOPS }),
    pins: fc.array(
      sigma.map((value) => ({ noise: [{ sigma: value }], seed: 3 })),
      {
        maxLength: MOST_PINS,
      },
    ),
    map: fc.record({
      width: fc.integer({ min: 2, max: 4096 }),
      samples: fc.integer({ min: 2, max: 4096 }),
      steps: fc.integer({ min: 2, max: 2000 }),
      seed: fc.integer({ min: 0, max: 0xffffffff }),
    }),
    sweep: fc.record({
      from: fc.double({ min: 1e-6, max: 1, noNaN: true }),
      to: fc.double({ min: 1.5, max: 1e6, noNaN: true }),
      count: fc.integer({ min: 2, max: 100 }),
      seeds: fc.integer({ min: 1, max: 10 }),
      machine: fc.constantFrom("cpu", "gpu"),
      on: fc.boolean(),
    }),
    experiment: fc.record({
      network: fc.record({
        layers: fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 3 }),
        activation: fc.constantFrom("relu" as const, "tanh" as const, "gelu" as const),
        bias: fc.boolean(),
      }),
      noise: fc.array(
        fc.record({
          layer: fc.integer({ min: 0, max: 1 }),
          nodes: fc.integer({ min: 1, max: 4 }),
          sigma,
          mode: fc.constantFrom("fresh" as const, "fixed" as const),
        }),
        { maxLength: 2 },
      ),
      data: dataSpec,
      optimizer: fc.record({
        learningRate: fc.double({ min: 1e-4, max: 1, noNaN: true }),
        batchSize: fc.constantFrom(10, 100, "full" as const),
      }),
      steps: fc.integer({ min: 1, max: 500 }),
      seed: fc.integer({ min: 0, max: 0xffffffff }),
    }),
  })
  .map(parseState);

/** What stateOf gives, or the message of its refusal. Any other error fails the test. */
function opened(fragment: string): LabState | string {
  try {
    return stateOf(fragment);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

const encoded = (value: unknown) =>
  `1.${Buffer.from(typeof value === "string" ? value : (JSON.stringify(value) ?? "")).toString("base64url")}`;

describe("the state in the address", () => {
  it("comes back as it was", () => {
    fc.assert(
      fc.property(states, (state) => {
        expect(stateOf(`#${fragmentOf(state)}`)).toEqual(state);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it("is empty for the first state, and short for one that differs a little", () => {
    expect(fragmentOf(FIRST_STATE)).toBe("");
    const experiment = edited(FIRST_STATE.experiment, "noise.0.sigma", 5);
    expect(fragmentOf({ ...FIRST_STATE, experiment }).length).toBeLessThan(400);
  });

  it("holds the experiment as the command line takes it", () => {
    fc.assert(
      fc.property(states, ({ experiment }) => {
        expect(parseExperiment(withoutDefaults(experiment))).toEqual(experiment);
      }),
      { numRuns: 100, seed: 2 },
    );
    expect(asCommand(FIRST_STATE.experiment)).toContain("--set 'noise.0.sigma=20'");
  });

  it("1,000 hostile fragments give a state or a message in one line", () => {
    const valid = fragmentOf({
      ...FIRST_STATE,
      experiment: edited(FIRST_STATE.experiment, "noise.0.sigma", 5),
    });
    const hostile = fc.oneof(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.string({ maxLength: 200 }).map((text) => `1.${text}`),
      fc.json({ maxDepth: 4 }).map(encoded),
      fc.nat({ max: valid.length }).map((length) => valid.slice(0, length)),
      fc
        .tuple(fc.nat({ max: valid.length - 1 }), fc.string({ minLength: 1, maxLength: 1 }))
        .map(([at, text]) => valid.slice(0, at) + text + valid.slice(at + 1)),
      fc.anything({ maxDepth: 3 }).map((experiment) => encodedExperiment(experiment)),
      fc
        .tuple(
          fc.constantFrom(
            "network",
            "noise",
            "data",
            "optimizer",
            "steps",
            "epochs",
            "seed",
            "__proto__",
            "record",
            "stop",
          ),
          fc.anything({ maxDepth: 2 }),
        )
        .map(([field, value]) => encodedExperiment({ [field]: value })),
    );
    fc.assert(
      fc.property(hostile, (fragment) => {
        const found = opened(fragment);
        if (typeof found === "string") expect(found).toMatch(/^[^\n]{10,400}$/u);
        else expect(PANELS).toContain(found.panel);
      }),
      { numRuns: 1000, seed: 3 },
    );
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it("every prefix of a valid one gives a message, not an error", () => {
    const valid = fragmentOf({
      ...FIRST_STATE,
      panel: "map",
      map: { ...FIRST_STATE.map, width: 7 },
    });
    for (let length = 1; length < valid.length; length++) {
      expect(typeof opened(valid.slice(0, length))).toBe("string");
    }
  });

  it.each([
    [
      "a megabyte",
      `1.${"A".repeat(2 ** 20)}`,
      /^the link's part after # is 1048578 characters long/,
    ],
    ["another version", "2.e30", /does not begin with "1\."/],
    ["text that is no base64", "1.%%%", /cannot be read/],
    ["a deep nest", encoded(`${"[".repeat(5000)}${"]".repeat(5000)}`), /the link is/],
    [
      "a wide layer",
      encodedExperiment({ network: { layers: [60000, 60000] } }),
      /^network\.layers is /,
    ],
    ["a long run", encodedExperiment({ steps: 1e9 }), /^steps is 1000000000: takes at most 20000/],
    ["many samples", encodedExperiment({ data: { train: 1e8 } }), /^(data|epochs)/],
    [
      "a sweep that runs backwards",
      encoded({ sweep: { from: 5, to: 2 } }),
      /^sweep\.to is 2: takes/,
    ],
    ["a sweep of a million runs", encoded({ sweep: { count: 1e6 } }), /^sweep\.count is 1000000/],
    ["an unknown view", encoded({ panel: "admin" }), /^panel is "admin": takes one of/],
    ["an unknown field", encoded({ pannel: "map" }), /^pannel is not a field here/],
  ])("refuses %s", (_name, fragment, message) => {
    expect(opened(fragment)).toMatch(message);
  });
});

describe("pinned runs", () => {
  it("are each pinned once, the last ones only, and go when they are unpinned", () => {
    let state = pinned(pinned(FIRST_STATE));
    expect(state.pins).toEqual([FIRST_STATE.experiment]);
    state = besideAt(state, 40);
    expect(state.experiment.noise[0].sigma).toBe(40);
    expect(state.experiment.seed).toBe(FIRST_STATE.experiment.seed);
    for (let i = 1; i <= MOST_PINS; i++) state = besideAt(state, 40 + i);
    expect(state.pins.map(({ noise }) => noise[0].sigma)).toEqual([40, 41, 42, 43, 44, 45]);
    expect(isPinned(unpinned(state, state.pins[2]), state.pins[2])).toBe(false);
    expect(parseState({ pins: state.pins })).toEqual({ ...FIRST_STATE, pins: state.pins });
    expect(() => parseState({ pins: [...state.pins, {}] })).toThrow(/^pins/);
  });
});

describe("an edit", () => {
  it("refuses a wrong value, with the field's name", () => {
    const edit = (field: string, value: unknown) => () =>
      edited(FIRST_STATE.experiment, field, value);
    expect(edit("optimizer.learningRate", "fast")).toThrow(
      /^optimizer\.learningRate is "fast": takes/,
    );
    expect(edit("noise.0.layer", 9)).toThrow(/^noise\.0\.layer is 9/);
    expect(edit("steps", 1e6)).toThrow(/^steps is 1000000: takes at most/);
  });

  it("keeps the number of samples when the data change", () => {
    const { data, network } = edited(FIRST_STATE.experiment, "data.name", "spiral");
    expect(data).toMatchObject({ name: "spiral", train: 400, test: 200, classes: 3 });
    expect(network.layers).toEqual([32, 32]);
  });
});

function encodedExperiment(experiment: unknown): string {
  return encoded(
    JSON.stringify({ experiment }, (_, value) => (typeof value === "bigint" ? 0 : value)) ?? "",
  );
}
