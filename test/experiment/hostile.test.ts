import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadDataset } from "../../ts/data/load.js";
import { InputError } from "../../ts/errors/errors.js";
import { checkAgainstData } from "../../ts/experiment/checkAgainstData.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import { fieldAt, withField } from "../../ts/experiment/paths.js";
import { sweepRuns } from "../../ts/experiment/sweep.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { Streams } from "../../ts/random/streams.js";
import { valid } from "./arbitrary.js";

/** Asserts that something is refused in one short line that says what would be right. */
function refused(action: () => unknown): InputError {
  let error: unknown;
  try {
    action();
  } catch (thrown) {
    error = thrown;
  }
  if (!(error instanceof InputError)) throw new Error(`not refused, or badly: ${error}`);
  expect(error.message).toMatch(/^[^\p{Cc}]{10,600}$/u);
  expect(error.message).toMatch(/takes|the known ones are|is not an entry of it/);
  return error;
}

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

/** No field takes any of these. They are drawn by name: a report of a failure could not print some. */
const NEVER_RIGHT: Readonly<Record<string, unknown>> = {
  null: null,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  bigint: 12n,
  symbol: Symbol("s"),
  "function of lines": () => {
    return 1;
  },
  "100,000 lists in each other": deep(100_000),
  "200,000 numbers": new Array(200_000).fill(1),
  "20,000 objects": new Array(20_000).fill({}),
  Map: new Map([["name", "spiral"]]),
  Date: new Date(0),
  Float32Array: new Float32Array(1000),
  "no prototype, stray field": Object.assign(Object.create(null), { toString: 1 }),
  "own __proto__": JSON.parse('{"__proto__": {"sigma": 1}}'),
  "own constructor": JSON.parse('{"constructor": {"prototype": 1}}'),
};

/** Every place in a JSON value, as the keys that lead to it; the root is the empty list. */
function places(json: unknown, at: string[] = []): string[][] {
  if (typeof json !== "object" || json === null) return [at];
  return [at, ...Object.entries(json).flatMap(([key, value]) => places(value, [...at, key]))];
}

/** A copy with the value at a place replaced or, at a key that is not there, added: `__proto__` too. */
function withValue(json: any, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const copy = Array.isArray(json) ? [...json] : { ...json };
  Object.defineProperty(copy, key, {
    value: withValue(json?.[key], rest, value),
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return copy;
}

const placed = valid.chain((json) =>
  fc.record({ json: fc.constant(json), place: fc.constantFrom(...places(json)) }),
);

describe("hostile experiments", () => {
  test("1,500 with a value that nothing takes, at any place", () => {
    fc.assert(
      fc.property(placed, fc.constantFrom(...Object.keys(NEVER_RIGHT)), ({ json, place }, name) => {
        const error = refused(() => parseExperiment(withValue(json, place, NEVER_RIGHT[name])));
        if (place.length > 0) expect(`${error.field}.`).toContain(`${place.join(".")}.`);
      }),
      { numRuns: 1500 },
    );
  });

  test("1,000 with a key that no object has, whatever it is called", () => {
    const keys = fc.constantFrom(
      "__proto__",
      "prototype",
      "toString",
      "__defineGetter__",
      "",
      "a\nb",
      "\u001b[31m",
      "noise.0.sigma",
      "k".repeat(100_000),
    );
    fc.assert(
      fc.property(placed, keys, ({ json, place }, key) => {
        const object = (at: readonly string[]): boolean => {
          const value = at.reduce<any>((node, k) => node[k], json);
          return typeof value === "object" && !Array.isArray(value);
        };
        const at = place.slice(0, place.findLastIndex((_, k) => object(place.slice(0, k + 1))) + 1);
        const error = refused(() => parseExperiment(withValue(json, [...at, key], { sigma: 1 })));
        expect(error.message).toContain(" is not a field here: the known ones are ");
        expect({}).not.toHaveProperty("sigma");
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    [{ network: { layers: [8, 65536, 65536] } }, "network.layers"],
    [
      { data: { name: "linear-regression", inputs: 65536 }, network: { layers: [4097] } },
      "network.layers",
    ],
    [
      { data: { name: "gaussian-mixture", inputs: 65536, classes: 65536, train: 100 } },
      "data.classes",
    ],
    [{ data: { name: "teacher", hidden: [65536, 65536], train: 100 } }, "data.hidden"],
    [{ data: { name: "teacher", hidden: [65536], train: 5000 } }, "data.hidden"],
    [{ data: { name: "spiral", train: 65536 }, noise: [{ nodes: 65536 }] }, "noise.0.nodes"],
  ])("more numbers than a machine holds: %j", (json, field) => {
    const error = refused(() => parseExperiment(json));
    expect(error.field).toBe(field);
    expect(error.message).toMatch(/makes a matrix of \d+ numbers, takes at most 268435456$/);
  });

  test("the largest matrices that pass are just below", () => {
    expect(parseExperiment({ network: { layers: [16384, 16384] } })).toBeDefined();
    expect(parseExperiment({ data: { name: "spiral", train: 2 ** 27 } })).toBeDefined();
  });

  test.each([[[]], [[1, 2]], [new Array(70_000).fill(1)]])(
    "a slope for each input, or one",
    (slope) => {
      const data = { name: "linear-regression", inputs: 3, slope };
      expect(refused(() => parseExperiment({ data })).message).toMatch(
        /^data\.slope is \[.*: takes /,
      );
      expect(parseExperiment({ data: { ...data, slope: [1, 2, 3] } })).toBeDefined();
    },
  );

  test("a field that has to be given says what it takes", () => {
    expect(refused(() => parseExperiment({ data: { name: "csv" } })).message).toBe(
      "data.path is missing: takes a file's path",
    );
  });

  test("an accuracy to stop at takes classes", async () => {
    const experiment = parseExperiment({
      data: { name: "linear-regression" },
      stop: { trainAccuracy: 0.9 },
    });
    const data = await loadDataset(experiment.data, new Streams(await loadKernels(), 0));
    expect(refused(() => checkAgainstData(experiment, data)).field).toBe("stop.trainAccuracy");
  });
});

describe("hostile paths", () => {
  test("any text is a field or is refused", () => {
    const paths = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc
        .array(fc.constantFrom("noise", "0", "sigma", "1", "__proto__", "constructor", "", "a\nb"))
        .map((keys) => keys.join(".")),
      fc.constantFrom("a.".repeat(100_000), "noise.9999999999.sigma", "noise.-1", "seed.0"),
    );
    fc.assert(
      fc.property(paths, (path) => {
        fc.pre(!["noise", "seed", "noise.0.sigma"].includes(path));
        refused(() => parseExperiment(withField({ noise: [{}], seed: 3 }, path, "bad")));
        expect({}).not.toHaveProperty("sigma");
      }),
      { numRuns: 1000 },
    );
  });

  test("what an object inherits is no field of it", () => {
    expect(fieldAt({}, "constructor.name")).toBeUndefined();
    expect(fieldAt({ seed: null }, "seed.x")).toBeUndefined();
    expect(withField({}, "constructor.x", 1)).toEqual({ constructor: { x: 1 } });
  });

  test("a root that has no fields is named", () => {
    expect(refused(() => withField([], "seed", 1)).message).toBe(
      'seed: the experiment is a list of 0, and "seed" is not an entry of it',
    );
    expect(refused(() => withField(null, "seed", 1)).message).toBe(
      "seed: the experiment is null and takes no fields",
    );
  });
});

describe("hostile sweeps", () => {
  test.each([
    [{ "noise.0.sigma": [1], "noise.0": [{}] }, "sweep.noise.0.sigma"],
    [{ seed: [1], "epochs,seed": [[1, 2]] }, "sweep.seed"],
    [{ "seed,seed": [[1, 2]] }, "sweep.seed"],
    [{ repeats: 2, "epochs,seed": [[1, 2]] }, "sweep.repeats"],
    [Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`f${i}`, [1]])), "sweep"],
    [{ [new Array(50_000).fill("a").join()]: [[1]] }, "sweep"],
    [{ ["a.".repeat(50_000)]: [1] }, null],
    [{ "noise.0.sigma": new Array(100_001).fill(1) }, "sweep.noise.0.sigma"],
    [new Map(), "sweep"],
    [{ refine: { field: "constructor" } }, "sweep.refine.field"],
    [{ epochs: [1, 4], refine: { field: "epochs" } }, "sweep.refine.field"],
    [{ "network.layers.0": [8, 64], refine: { field: "network.layers.0" } }, "sweep.refine.field"],
    [
      { "network.activation": ["relu", "tanh"], refine: { field: "network.activation" } },
      "sweep.refine.field",
    ],
    [{ sweep: [{}] }, "sweep"],
  ])("sweep %#", (sweep, field) => {
    const error = refused(() => sweepRuns({ sweep }));
    if (field !== null) expect(error.field).toBe(field);
  });

  test("blanks about a name are no part of it", () => {
    expect(sweepRuns({ sweep: { " seed": [4] } })[0]).toMatchObject({
      fields: { seed: 4 },
      experiment: { seed: 4 },
    });
  });
});
