import { describe, expect, test } from "vitest";
import { readCsv } from "../../ts/data/csv.js";
import { type FileSource, loadDataset } from "../../ts/data/load.js";
import { InputError } from "../../ts/errors/errors.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { Streams } from "../../ts/random/streams.js";
import { idx, npy, npz } from "./files.js";

const text = (lines: string) => new TextEncoder().encode(lines);
const streams = new Streams(await loadKernels(), 0);

/** Loads what `data` names from files that are given by name. */
async function load(data: object, files: Record<string, Uint8Array> = {}) {
  const source: FileSource = {
    read: async (path) => files[path],
    named: () => Promise.reject(new Error("not here")),
  };
  return loadDataset(parseExperiment({ data }).data, streams, source);
}

describe("tables of text", () => {
  test("with and without names", () => {
    const named = readCsv(text("a, b,c\n1,2,3\r\n4,5e-1,-6\n\n"), true, "t.csv");
    expect(named.columns).toEqual(["a", "b", "c"]);
    expect([...named.values]).toEqual([1, 2, 3, 4, 0.5, -6]);
    expect(readCsv(text("1,2\n3,4"), false, "t.csv")).toMatchObject({
      columns: ["0", "1"],
      rows: 2,
    });
  });

  test.each([
    ["a word", "a,b\n1,x", /line 2, column b is "x": takes a finite number/],
    ["an empty cell", "a,b\n1,", /line 2, column b is "": takes a finite number/],
    ["infinity", "a,b\n1,Infinity", /takes a finite number/],
    ["a short line", "a,b\n1,2\n3", /line 3 has 1 cells: expected 2/],
    ["names alone", "a,b", /at least one row of two columns or more, found 0 x 2/],
    ["nothing", "", /found 0 x/],
    ["one column", "a\n1", /found 1 x 1/],
  ])("%s is refused", (_, lines, message) => {
    expect(() => readCsv(text(lines), true, "t.csv")).toThrow(InputError);
    expect(() => readCsv(text(lines), true, "t.csv")).toThrow(message);
  });

  test("what is not text is refused", () => {
    expect(() => readCsv(Uint8Array.of(0xff, 0xfe, 0), true, "t.csv")).toThrow(/not a text file/);
  });
});

describe("data from tables", () => {
  const csv = { "t.csv": text("x,class,y\n1,0,10\n2,1,20\n3,2,30\n4,1,40\n") };

  test("the target is a column by name, by number, or the last", async () => {
    const byName = await load({ name: "csv", path: "t.csv", target: "class" }, csv);
    expect(byName).toMatchObject({ task: "classification", inputs: 2, outputs: 3 });
    expect([...byName.train.inputs]).toEqual([1, 10, 2, 20, 3, 30, 4, 40]);
    expect([...byName.train.targets]).toEqual([0, 1, 2, 1]);
    const last = await load({ name: "csv", path: "t.csv", task: "regression" }, csv);
    expect([...last.train.targets]).toEqual([10, 20, 30, 40]);
    const first = await load({ name: "csv", path: "t.csv", target: 0, task: "regression" }, csv);
    expect([...first.train.inputs]).toEqual([0, 10, 1, 20, 2, 30, 1, 40]);
  });

  test("subsets: training samples first, test samples after them", async () => {
    const { train, test: held } = await load(
      { name: "csv", path: "t.csv", target: "class", train: 2, test: 1 },
      csv,
    );
    expect([...train.targets]).toEqual([0, 1]);
    expect([...held!.targets]).toEqual([2]);
    const rest = await load({ name: "csv", path: "t.csv", target: "class", test: 1 }, csv);
    expect([rest.train.rows, rest.test!.rows]).toEqual([3, 1]);
    await expect(load({ name: "csv", path: "t.csv", train: 4, test: 1 }, csv)).rejects.toThrow(
      /data\.train: 4 training and 1 test samples: the file has 4/,
    );
    await expect(load({ name: "csv", path: "t.csv", test: 4 }, csv)).rejects.toThrow(/data\.test/);
  });

  test.each([
    [{ target: "z" }, "data.target", /takes one of the columns x, class, y/],
    [{ target: 3 }, "data.target", /takes one of the columns/],
    [{ target: "class", task: "classification", header: false }, "data.path (t.csv)", /line 1/],
  ])("%j is refused", async (more, field, message) => {
    const error = await load({ name: "csv", path: "t.csv", ...more }, csv).catch((e) => e);
    expect(error).toBeInstanceOf(InputError);
    expect(error.field).toBe(field);
    expect(error.message).toMatch(message);
  });

  test("targets that are no classes are refused for classification", async () => {
    const files = { "t.csv": text("x,y\n1,0.5\n2,1") };
    await expect(
      load({ name: "csv", path: "t.csv", task: "classification" }, files),
    ).rejects.toThrow(/data\.task is "classification": the targets are not integers/);
  });

  const X = npy(
    [3, 2, 2],
    Array.from({ length: 12 }, (_, i) => i),
    { dtype: "<f8" },
  );
  const y = npy([3], [2, 0, 1], { dtype: "<i8" });

  test("NumPy arrays of any rank; float64 becomes float32", async () => {
    for (const data of [
      { name: "npz", path: "a.npz" },
      { name: "npy", inputs: "X.npy", targets: "y.npy" },
    ]) {
      const loaded = await load(data, { "a.npz": npz({ X, y }), "X.npy": X, "y.npy": y });
      expect(loaded).toMatchObject({ task: "classification", inputs: 4, outputs: 3 });
      expect(loaded.train.inputs).toBeInstanceOf(Float32Array);
    }
  });

  test.each([
    ["another number of targets", { X, y: npy([2], [0, 1]) }, {}, "data.targets", /takes 3 rows/],
    ["no such array", { X }, {}, "data.targets", /a\.npz has no such array/],
    [
      "numbers beyond float32",
      { X: npy([2, 1], [1e300, 1], { dtype: "<f8" }), y: npy([2], [0, 1], { dtype: "<i8" }) },
      {},
      "data",
      /beyond what float32 holds/,
    ],
    [
      "no samples",
      { X: npy([0, 2], []), y: npy([0], []) },
      {},
      "data.inputs",
      /takes samples in rows/,
    ],
  ])("%s is refused", async (_, arrays, more, field, message) => {
    const files = { "a.npz": npz(arrays as Record<string, Uint8Array>) };
    const error = await load({ name: "npz", path: "a.npz", ...more }, files).catch((e) => e);
    expect(error).toBeInstanceOf(InputError);
    expect(error.field).toBe(field);
    expect(error.message).toMatch(message);
  });
});

describe("images", () => {
  const pixels = Uint8Array.from({ length: 48 }, (_, i) => 5 * i);
  const files = {
    i: idx([4, 3, 4], pixels),
    l: idx([4], [0, 1, 2, 1]),
    ti: idx([2, 3, 4], pixels.subarray(0, 24)),
    tl: idx([2], [2, 2]),
  };
  const all = { name: "idx", images: "i", labels: "l", testImages: "ti", testLabels: "tl" };

  test("stay bytes, and views of the file", async () => {
    const data = await load(all, files);
    expect(data).toMatchObject({ inputs: 12, outputs: 3, task: "classification" });
    expect(data.train.inputs).toBeInstanceOf(Uint8Array);
    expect(data.train.inputs.buffer).toBe(files.i.buffer);
    expect([...data.train.targets]).toEqual([0, 1, 2, 1]);
    expect(data.test!.rows).toBe(2);
  });

  test("normalisation is an affine map, from the training images in use", async () => {
    const unit = await load({ ...all, normalization: "unit" }, files);
    expect([unit.scale, unit.shift]).toEqual([1 / 255, 0]);
    const none = await load({ ...all, normalization: "none" }, files);
    expect([none.scale, none.shift]).toEqual([1, 0]);
    const standard = await load({ ...all, train: 2, normalization: "standard" }, files);
    const seen = Array.from(pixels.subarray(0, 24), (p) => standard.scale * p + standard.shift);
    const mean = seen.reduce((a, b) => a + b) / 24;
    expect(Math.abs(mean)).toBeLessThan(1e-12);
    expect(seen.reduce((a, b) => a + b * b, 0) / 24).toBeCloseTo(1, 12);
  });

  test.each([
    ["fewer labels than images", { l: idx([3], [0, 1, 2]) }, {}, /has 3 labels: expected 4/],
    ["more samples than there are", {}, { train: 5 }, /data\.train is 5: .* holds 4 images/],
    [
      "test images of another size",
      { ti: idx([2, 3, 3], pixels.subarray(0, 18)) },
      {},
      /has 9 pixels per image: expected 12/,
    ],
    ["test images without labels", {}, { testLabels: undefined }, /takes both|take both/],
  ])("%s are refused", async (_, other, more, message) => {
    const data = { ...all, ...more };
    await expect(load(data, { ...files, ...other })).rejects.toThrow(InputError);
    await expect(load(data, { ...files, ...other })).rejects.toThrow(message);
  });
});
