import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { train } from "../../ts/entries/browser.js";
import { InputError } from "../../ts/errors/errors.js";
import { checkAgainstData } from "../../ts/experiment/checkAgainstData.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import { withField } from "../../ts/experiment/paths.js";
import { sweepRuns } from "../../ts/experiment/sweep.js";
import { valid } from "./arbitrary.js";
import { BAD, set } from "./badValues.js";

/** Objects that a field of nobody's may be put into. */
const OBJECTS = ["", "network.", "noise.0.", "data.", "optimizer.", "stop.", "record."];
const STRAY = fc.oneof(
  fc.constantFrom(
    "sigmas",
    "learning_rate",
    "Layers",
    "batch",
    "hasOwnProperty",
    "constructor",
    "0",
    " ",
  ),
  fc
    .string({ minLength: 1, maxLength: 12 })
    .filter((s) => !s.includes(".") && s !== "__proto__" && !/^\d+$/.test(s)),
);

const badValue = fc
  .constantFrom(...Object.keys(BAD))
  .chain((field) => fc.tuple(valid, fc.constant(field), fc.constantFrom(...BAD[field])))
  .map(([base, field, value]) => ({ input: set(base, field, value), field }));

const strayField = fc
  .tuple(valid, fc.constantFrom(...OBJECTS), STRAY, fc.jsonValue({ maxDepth: 1 }))
  .map(([base, object, name, value]) => ({ base, field: `${object}${name}`, value }))
  .filter(({ field }) => !(field in BAD) && !KNOWN.has(field))
  .map(({ base, field, value }) => ({ input: set(base, field, value), field }));
const KNOWN = new Set([
  "data.inputs",
  "data.classes",
  "data.separation",
  "data.outputs",
  "data.hidden",
  "data.activation",
  "data.noise",
  "data.turns",
  "data.slope",
  "data.scale",
]);

const whole = fc
  .oneof(
    fc.constantFrom<unknown>(
      null,
      undefined,
      1,
      "",
      "{}",
      true,
      [],
      [{}],
      () => {},
      Symbol("x"),
      1n,
    ),
    fc.integer({ min: 100, max: 5000 }).map((depth) => {
      let node: unknown = 1;
      for (let i = 0; i < depth; i++) node = { network: node };
      return { network: node };
    }),
  )
  .map((input) => ({ input, field: null }));

const contradiction = fc.constantFrom(
  { input: { epochs: 3, steps: 3 }, field: "steps" },
  ...[
    [{ sigma: 0 }, {}, "noise.0.sigma"] as const,
    [{ sigma: 3 }, { most: 2 }, "noise.0.sigma"] as const,
    [{ sigma: 3 }, { least: 4 }, "noise.0.sigma"] as const,
    [{ sigma: 3 }, { least: 4, most: 2 }, "noise.0.schedule.least"] as const,
  ].map(([group, range, field]) => {
    const schedule = { kind: "controller", hold: "kappa", target: 0.1, ...range };
    return { input: { noise: [{ ...group, schedule }] }, field };
  }),
  { input: { network: { layers: [5] }, noise: [{ layer: 2 }] }, field: "noise.0.layer" },
  { input: { network: { layers: [] }, noise: [{}, { layer: 1 }] }, field: "noise.1.layer" },
  { input: { network: { layers: [] }, noise: [{}, { layer: "hidden" }] }, field: "noise.1.layer" },
  {
    input: { network: { layers: [2, 2] }, noise: [{}, { layer: [0, 3] }] },
    field: "noise.1.layer",
  },
  {
    input: {
      network: { layers: new Array(30).fill(2) },
      noise: [{ layer: "hidden" }, { layer: "hidden" }, { layer: "hidden" }],
    },
    field: "noise",
  },
);

function refusal(work: () => unknown): InputError {
  try {
    work();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error("it was taken");
}

describe("10,000 bad experiments", () => {
  const assertRefused = ({ input, field }: { input: unknown; field: string | null }) => {
    const error = refusal(() => parseExperiment(input));
    // The field, the entry of it that is wrong, or what it was put into: an index makes a list of an object.
    if (field !== null) {
      const near = [field, field.replace(/\.\d+$/, "")];
      expect(
        near.some((f) => `${error.field}.`.startsWith(`${f}.`)),
        `${error.field} for ${field}`,
      ).toBe(true);
    }
    expect(error.message.startsWith(error.field)).toBe(true);
    expect(error.message).toMatch(/ takes |takes:? |known ones are|is missing/);
    expect(error.message).not.toMatch(/\n|\[object|never|Expected/);
    expect(error.message.length).toBeLessThan(500);
  };

  test("7,000 with a value that a field does not take", () => {
    fc.assert(fc.property(badValue, assertRefused), { numRuns: 7000 });
  });

  test("2,700 with a field that there is not", () => {
    fc.assert(fc.property(strayField, assertRefused), { numRuns: 2700 });
  });

  test("300 that are no experiment, or contradict themselves", () => {
    fc.assert(fc.property(fc.oneof(whole, contradiction), assertRefused), { numRuns: 300 });
  });

  test("each field refuses each of its bad values", () => {
    for (const [field, values] of Object.entries(BAD)) {
      for (const value of values) {
        if (value !== undefined)
          assertRefused({ input: set({ data: { name: "spiral" } }, field, value), field });
      }
    }
  });
});

test("no path reaches a prototype", () => {
  const polluted = JSON.parse(
    '{"__proto__": {"sigma": 9}, "noise": [{"__proto__": {"sigma": 9}}]}',
  );
  expect(() => parseExperiment(polluted)).toThrow(InputError);
  expect(() => withField({}, "__proto__.sigma", 1)).toThrow(/is not a field/);
  expect(({} as { sigma?: number }).sigma).toBeUndefined();
});

describe("what only the data can tell", () => {
  const data = { name: "gaussian-mixture", inputs: 6, classes: 3, train: 20, test: 0 };
  test.each([
    [
      { optimizer: { batchSize: 21 } },
      "optimizer.batchSize",
      /is 21: takes at most .* 20, or "full"/,
    ],
    [{ network: { inputs: 7 } }, "network.inputs", /is 7: gaussian-mixture has 6 inputs/],
    [{ network: { outputs: 10 } }, "network.outputs", /is 10: gaussian-mixture has 3 classes/],
    [{ record: { evaluateSamples: 21 } }, "record.evaluateSamples", /at most .* 20/],
    [
      { data: { name: "teacher" }, network: { loss: "cross-entropy" } },
      "network.loss",
      /takes "mse"/,
    ],
  ])("%j is refused before training", async (more, field, message) => {
    const error = await train({ data, optimizer: { batchSize: 10 }, ...more } as never).catch(
      (e) => e,
    );
    expect(error).toBeInstanceOf(InputError);
    expect(error.field).toBe(field);
    expect(error.message).toMatch(message);
  });

  test("the loss follows from the task where it is not said", () => {
    const split = { rows: 200, inputs: new Float32Array(200), targets: new Float32Array(200) };
    const set = { name: "t", inputs: 1, outputs: 1, scale: 1, shift: 0, train: split, test: null };
    const experiment = parseExperiment({});
    expect(checkAgainstData(experiment, { ...set, task: "regression" })).toBe("mse");
    expect(checkAgainstData(experiment, { ...set, task: "classification" })).toBe("cross-entropy");
  });
});

describe("bad sweeps", () => {
  test.each<[unknown, string, RegExp]>([
    [null, "the experiment", /takes an object/],
    [{ sweep: [] }, "sweep", /takes an object of fields/],
    [{ sweep: { seed: [] } }, "sweep.seed", /list of 0: takes 1 to/],
    [{ sweep: { seed: 3 } }, "sweep.seed", /takes a list of values, or "from:to:count"/],
    [{ sweep: { "noise.0.sigma": "1:2" } }, "sweep.noise.0.sigma", /takes "from:to:count"/],
    [{ sweep: { "noise.0.sigma": "0:2:5" } }, "sweep.noise.0.sigma", /positive ends/],
    [{ sweep: { "noise.0.sigma": "1:2:1" } }, "sweep.noise.0.sigma", /at least two values/],
    [{ sweep: { "noise.0.sigma": [1, -1] } }, "noise.0.sigma", /is -1: takes/],
    [{ sweep: { "noise.0.sigmas": [1] } }, "noise.0.sigmas", /known ones are/],
    [{ sweep: { "noise.7.sigma": [1] } }, "noise.7.sigma", /not an entry/],
    [{ sweep: { "seed.x": [1] }, seed: 1 }, "seed.x", /takes no fields/],
    [{ sweep: { "": [1] } }, "", /is not a field/],
    [{ sweep: { seed: "1:2:1000001" } }, "sweep.seed", /from:to:count/],
  ])("%j is refused", (input, field, message) => {
    const error = refusal(() => sweepRuns(input));
    expect(error.field).toBe(field);
    expect(error.message).toMatch(message);
  });

  test("too many runs are refused before any is made", () => {
    // No memory could hold so many.
    const many = Array.from({ length: 90_000 }, (_, i) => i);
    expect(refusal(() => sweepRuns({ sweep: { seed: many, epochs: many } })).message).toMatch(
      /asks for 8100000000 runs: takes at most 100000$/,
    );
  });
});
