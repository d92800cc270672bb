import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { labelsOf } from "../../ts/data/labels.js";
import { type FileSource, loadDataset } from "../../ts/data/load.js";
import { InputError } from "../../ts/errors/errors.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { Streams } from "../../ts/random/streams.js";
import { idx, npy, npz } from "./files.js";

const streams = new Streams(await loadKernels(), 0);

/** Loads inputs 0, 0.5, 1, ... with these targets from a file of one format. */
async function load(format: string, targets: readonly number[], more: object = {}, width = 1) {
  const rows = targets.length / width;
  const X = npy(
    [rows, 1],
    targets.slice(0, rows).map((_, r) => r / 2),
  );
  const integers = targets.every(Number.isInteger);
  const y = npy(width === 1 ? [rows] : [rows, width], targets, { dtype: integers ? "<i8" : "<f8" });
  const lines = targets.map((target, r) => `${r / 2},${target}\n`).join("");
  const files: Record<string, Uint8Array> = {
    "a.npz": npz({ X, y }),
    "X.npy": X,
    "y.npy": y,
    "t.csv": new TextEncoder().encode(`x,y\n${lines}`),
    i: idx(
      [rows, 1, 1],
      targets.map((_, r) => r),
    ),
    l: idx([rows], targets),
  };
  const source: FileSource = {
    read: async (path) => files[path],
    named: () => Promise.reject(new Error("not here")),
  };
  const named = {
    npz: { path: "a.npz" },
    npy: { inputs: "X.npy", targets: "y.npy" },
    csv: { path: "t.csv" },
    idx: { images: "i", labels: "l" },
  }[format];
  const data = { name: format, ...named, ...more };
  return loadDataset(parseExperiment({ data }).data, streams, source);
}
async function refusal(...given: Parameters<typeof load>): Promise<[string, string]> {
  const error = await load(...given).catch((thrown) => thrown);
  if (!(error instanceof InputError)) throw new Error(`not refused: ${JSON.stringify(error)}`);
  expect(error.message).toMatch(/^[^\p{Cc}]+$/u);
  return [error.field, error.message];
}
const TEXT = ["npz", "npy", "csv"];
const ALL = [...TEXT, "idx"];
const years = Array.from({ length: 60 }, (_, r) => 1990 + (r % 30));

describe.each(ALL)("targets of %s", (format) => {
  test("0 to K - 1, all of them, are classes", async () => {
    const data = await load(format, [2, 0, 1, 1]);
    expect(data).toMatchObject({ task: "classification", outputs: 3 });
    expect([...data.train.targets]).toEqual([2, 0, 1, 1]);
  });

  test("1 to K leave a class without a sample: that has to be said", async () => {
    expect(await refusal(format, [1, 2, 3, 1])).toEqual([
      "data.task",
      'data.task is not set: the targets are integers from 1 to 3, and none is 0: set it to "regression" if they are numbers, or to "classification" if they are classes, with their number in data.classes where some of 0, 1, ... do not occur',
    ]);
    expect(await refusal(format, [1, 2, 3, 1], { task: "classification" })).toEqual([
      "data.classes",
      "data.classes is not set: the largest target is 3, and none is 0: number the classes from 0 without a gap, or set it to 4 to have classes without a sample",
    ]);
    const data = await load(format, [1, 2, 3, 1], { classes: 4 });
    expect(data).toMatchObject({ task: "classification", outputs: 4 });
    expect([...data.train.targets]).toEqual([1, 2, 3, 1]);
  });

  test("regression takes integers as the numbers that they are", async () => {
    const data = await load(format, [0, 1, 2, 7], { task: "regression" });
    expect(data).toMatchObject({ task: "regression", outputs: 1 });
    expect([...data.train.targets]).toEqual([0, 1, 2, 7]);
    expect(data.train.targets).toBeInstanceOf(Float32Array);
    const both = { task: "regression", classes: 8 };
    expect((await refusal(format, [0, 1, 2, 7], both))[1]).toBe(
      'data.classes is 8: data.task is "regression", and takes no classes',
    );
  });

  test("a label beyond the classes, and a single class, are refused", async () => {
    expect((await refusal(format, [0, 1, 2, 3], { classes: 3 }))[1]).toMatch(
      /the targets are not integers from 0 to 2: that of sample 3 is 3|has a label 3: expected 0 to 2/,
    );
    expect((await refusal(format, [0, 0, 0]))[0]).toBe("data.task");
    expect((await refusal(format, [0, 0, 0], { task: "classification" }))[1]).toMatch(
      /all targets are 0: number the classes from 0 without a gap, or set it to 2/,
    );
  });

  test.each([[{ classes: 1 }], [{ classes: 65537 }], [{ classes: 2.5 }]])(
    "%j are no classes",
    async (more) => {
      expect((await refusal(format, [0, 1], more))[0]).toBe("data.classes");
    },
  );
});

describe.each(TEXT)("targets of %s that may be either", (format) => {
  test("years are no classes", async () => {
    const [field, message] = await refusal(format, years);
    expect(field).toBe("data.task");
    expect(message).toMatch(/integers from 1990 to 2019, and none is 0: set it to "regression"/);
    const data = await load(format, years, { task: "regression" });
    expect(data).toMatchObject({ task: "regression", outputs: 1 });
    expect([...data.train.targets]).toEqual(years);
  });

  test("labels above 65,535 are not taken for numbers unasked", async () => {
    const [field, message] = await refusal(format, [0, 1, 70_000]);
    expect([field, message]).toEqual(["data.task", expect.stringMatching(/from 0 to 70000/)]);
    expect((await refusal(format, [0, 1, 70_000], { task: "classification" }))[1]).toMatch(
      /not integers from 0 to 65535: that of sample 2 is 70000/,
    );
  });

  test("negative ones and rows that count are neither", async () => {
    expect((await refusal(format, [-1, 1, -1, 1]))[1]).toMatch(/integers from -1 to 1/);
    const counted = Array.from({ length: 40 }, (_, r) => r);
    expect((await refusal(format, counted))[1]).toMatch(/integers from 0 to 39, of 40 samples/);
    expect((await load(format, counted, { task: "classification" })).outputs).toBe(40);
  });

  test("fractions make numbers", async () => {
    expect((await load(format, [0, 1, 0.5])).task).toBe("regression");
    const asked = await refusal(format, [0, 1, 0.5], { task: "classification" });
    expect(asked).toEqual([
      "data.task",
      'data.task is "classification": the targets are not integers from 0 to 65535: that of sample 2 is 0.5',
    ]);
  });
});

describe.each(["npz", "npy"])("rows of %s with a single 1", (format) => {
  const rows = [0, 0, 1, 1, 0, 0, 0, 1, 0];
  test("are classes or numbers: that has to be said", async () => {
    expect((await refusal(format, rows, {}, 3))[1]).toMatch(
      /^data\.task is not set: the targets are rows of 3 numbers, a single 1 among zeros: set it to/,
    );
    for (const more of [{ task: "classification" }, { classes: 3 }]) {
      const data = await load(format, rows, more, 3);
      expect(data).toMatchObject({ task: "classification", outputs: 3 });
      expect([...data.train.targets]).toEqual([2, 0, 1]);
    }
    const numbers = await load(format, rows, { task: "regression" }, 3);
    expect(numbers).toMatchObject({ task: "regression", outputs: 3 });
    expect([...numbers.train.targets]).toEqual(rows);
    expect((await refusal(format, rows, { classes: 4 }, 3))[1]).toMatch(/takes 3$/);
  });

  test("other rows are numbers, and no classes", async () => {
    const other = [0, 1, 1, 1, 0, 0];
    expect((await load(format, other, {}, 3)).task).toBe("regression");
    expect((await refusal(format, other, { task: "classification" }, 3))[1]).toMatch(
      /that of sample 0 is not a single 1 among zeros/,
    );
  });
});

test("integers stored as floating-point numbers may be either", async () => {
  const source = (dtype: string): FileSource => ({
    read: async (path) =>
      path === "y" ? npy([4], [0, 1, 1, 0], { dtype }) : npy([4], [1, 2, 3, 4]),
    named: () => Promise.reject(new Error("not here")),
  });
  const data = { name: "npy", inputs: "X", targets: "y" };
  const spec = parseExperiment({ data }).data;
  for (const dtype of ["<f4", ">f4", "<f8"]) {
    await expect(loadDataset(spec, streams, source(dtype))).rejects.toThrow(
      /integers from 0 to 1 that are stored as floating-point numbers, of 4 samples/,
    );
  }
  for (const dtype of ["|b1", "|u1", ">i2"]) {
    const found = await loadDataset(spec, streams, source(dtype));
    expect(found).toMatchObject({ task: "classification", outputs: 2 });
  }
});

test("whatever integers there are: classes if they are 0 to K - 1, refused otherwise", () => {
  const targets = fc.array(fc.integer({ min: -1, max: 5 }), { minLength: 1, maxLength: 24 });
  fc.assert(
    fc.property(targets, (values) => {
      const given = { values, rows: values.length, floats: false };
      const distinct = [...new Set(values)].sort((a, b) => a - b);
      const gapless = distinct.length > 1 && distinct.every((value, k) => value === k);
      if (gapless) expect(labelsOf(given)).toEqual({ classes: distinct.length, labels: values });
      else expect(() => labelsOf(given)).toThrow(InputError);
    }),
    { numRuns: 500, seed: 3 },
  );
});
