import { describe, expect, test } from "vitest";
import { readReplay } from "../../../ts/check/replay.js";
import { InputError } from "../../../ts/errors/errors.js";
import { npy, npz } from "../../data/files.js";

const META = {
  widths: [2, 3, 3],
  activation: "relu",
  loss: "cross-entropy",
  ninLayer: 0,
  nodes: 1,
  sigma: 1,
  learningRate: 0.1,
  batch: 2,
  samples: 4,
  epochs: 2,
  mode: "fresh",
  distribution: "normal",
  momentum: 0,
  weightDecay: 0,
};
const text = (words: string) => {
  const bytes = new TextEncoder().encode(words);
  return npy([bytes.length], bytes, { dtype: "|u1" });
};
const zeros = (...shape: number[]) =>
  npy(shape, new Array(shape.reduce((a, b) => a * b, 1)).fill(0));
const ORDER = [0, 1, 2, 3, 3, 2, 1, 0];

/** A replay file with some arrays or settings changed. */
function file(arrays: Record<string, Uint8Array | undefined> = {}, meta: object = {}): Uint8Array {
  const all = {
    meta: text(JSON.stringify({ ...META, ...meta })),
    X: zeros(4, 2),
    y: npy([4], [0, 1, 2, 1], { dtype: "<i8" }),
    W0_0: zeros(3, 2),
    b0_0: zeros(3),
    W0_1: zeros(3, 3),
    b0_1: zeros(3),
    V0: zeros(3, 1),
    noise: zeros(2, 4, 1),
    order: npy([2, 4], ORDER, { dtype: "<u4" }),
    ...arrays,
  };
  const kept = Object.entries(all).filter((entry): entry is [string, Uint8Array] => !!entry[1]);
  return npz(Object.fromEntries(kept));
}
function refusal(...given: Parameters<typeof file>): [string, string] {
  try {
    readReplay(file(...given), "run.npz");
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.message).toMatch(/^run\.npz[^\p{Cc}]+$/u);
    return [error.field, error.message];
  }
  throw new Error("not refused");
}
const targets = (...given: Parameters<typeof file>) =>
  readReplay(file(...given), "run.npz").data.train.targets;

describe("order", () => {
  const altered = (value: number) => ORDER.map((index, k) => (k === 5 ? value : index));
  test.each([
    [0.7, "<f8"],
    [-1, "<i8"],
    [4, "<u4"],
    [4294967295, "<u4"],
    [2 ** 32, "<i8"],
  ])("%d is no sample", (value, dtype) => {
    expect(refusal({ order: npy([2, 4], altered(value), { dtype }) })).toEqual([
      "order",
      `run.npz, array order holds ${value}: takes integers from 0 to 3`,
    ]);
  });

  test("may visit a sample twice, and be stored as any type that holds integers", () => {
    for (const dtype of ["<u4", ">i2", "|u1", "<i8", "<f8"]) {
      const { inputs } = readReplay(file({ order: npy([2, 4], altered(3), { dtype }) }), "run.npz");
      expect([...(inputs.order(1) ?? [])]).toEqual([3, 3, 1, 0]);
    }
  });
});

describe("y", () => {
  test.each([
    [npy([4, 1], [0, 1, 2, 1], { dtype: "<i8" }), {}, "has shape (4, 1): takes (4)"],
    [npy([4], [0, 1, 2, 1]), {}, "is of type f4: cross-entropy takes integer classes"],
    [npy([4, 1], [0, 1, 2, 1]), {}, "is of type f4: cross-entropy takes integer classes"],
    [npy([4], [0, 1, 3, 1], { dtype: "<i8" }), {}, "holds 3: takes integers from 0 to 2"],
    [npy([4], [0, -1, 2, 1], { dtype: "<i8" }), {}, "holds -1: takes integers from 0 to 2"],
    [npy([4, 1], [0, 1, 2, 1]), { loss: "mse" }, "has shape (4, 1): takes (4, 3)"],
    [npy([4], [0, 1, 2, 1]), { loss: "mse" }, "has shape (4): takes (4, 3)"],
    [
      npy([4], [0, 1, 3, 1], { dtype: "<u1" }),
      { loss: "mse" },
      "holds 3: takes integers from 0 to 2",
    ],
  ])("case %#", (y, meta, message) => {
    expect(refusal({ y }, meta)).toEqual(["y", `run.npz, array y ${message}`]);
  });

  test("is classes, or numbers, as loss and shape say", () => {
    expect(targets()).toEqual(Uint32Array.of(0, 1, 2, 1));
    expect(targets({}, { loss: "mse" })).toEqual(Uint32Array.of(0, 1, 2, 1));
    const rows = Array.from({ length: 12 }, (_, i) => i / 4);
    expect(targets({ y: npy([4, 3], rows) }, { loss: "mse" })).toEqual(Float64Array.from(rows));
    const one = {
      ...{ W0_1: zeros(1, 3), b0_1: zeros(1) },
    };
    const single = { loss: "mse", widths: [2, 3, 1] };
    for (const y of [
      npy([4], [0, 1, 2, 7]),
      npy([4, 1], [0, 1, 2, 7], { dtype: "<i8" }),
      npy([4], [0, 1, 2, 7], { dtype: "<i8" }),
    ]) {
      expect(targets({ ...one, y }, single)).toEqual(Float64Array.of(0, 1, 2, 7));
    }
  });
});

describe("meta", () => {
  test("takes no other keys than the known ones, and names the nearest", () => {
    const [field, message] = refusal({}, { learning_rate: 0.1, weightDecai: 0 });
    expect(field).toBe("meta.learning_rate");
    expect(message).toMatch(
      /^run\.npz, meta\.learning_rate is not a field here: the known ones are w/,
    );
    expect(refusal({}, { weightDecai: 0 })[1]).toMatch(/; did you mean weightDecay\?$/);
    expect(refusal({}, { Sigma: 2 })[1]).toMatch(/; did you mean sigma\?$/);
  });

  test.each([
    [{ mode: "other" }, "meta.mode", /takes one of "fresh", "fixed"/],
    [{ distribution: "cauchy" }, "meta.distribution", /takes one of "normal"/],
    [{ samples: 4.5 }, "meta.samples", /is 4\.5: takes an integer/],
    [{ sigma: "1" }, "meta.sigma", /is "1": takes a number/],
  ])("%j is refused", (meta, field, message) => {
    expect(refusal({}, meta)).toEqual([field, expect.stringMatching(message)]);
  });

  test("is JSON in UTF-8, with a mark or without, in bytes", () => {
    const json = JSON.stringify(META);
    expect(readReplay(file({ meta: text(`\ufeff${json}`) }), "run.npz").plan.batch).toBe(2);
    const wide = npy(
      [2 * json.length],
      [...json].flatMap((c) => [c.charCodeAt(0), 0]),
      {
        dtype: "|u1",
      },
    );
    expect(refusal({ meta: wide })).toEqual([
      "meta",
      "run.npz, array meta does not hold JSON: not a text file in UTF-8, but in UTF-16",
    ]);
    const floats = npy(
      [json.length],
      [...json].map((c) => c.charCodeAt(0)),
    );
    expect(refusal({ meta: floats })[1]).toMatch(
      /array meta is of type f4: takes the bytes of JSON/,
    );
    expect(refusal({ meta: text("{") })[1]).toMatch(
      /^run\.npz, array meta does not hold JSON: not JSON/,
    );
  });
});

describe("arrays", () => {
  test("that are missing are named beside those that are there", () => {
    expect(refusal({ V0: undefined })).toEqual([
      "V0",
      "run.npz has no array V0: a replay file needs it; it has meta, X, y, W0_0, b0_0, W0_1, b0_1, noise, order",
    ]);
  });

  test("of layers that meta.widths does not have are refused", () => {
    expect(refusal({ b0_2: zeros(3) })).toEqual([
      "b0_2",
      "run.npz, array b0_2 is of a layer that meta.widths does not have: it has 2",
    ]);
    expect(readReplay(file({ W1_7: zeros(1), loss: zeros(4) }), "run.npz").plan.batch).toBe(2);
  });

  test.each(["X", "W0_0", "b0_1", "V0", "noise"])("%s holds finite numbers", (name) => {
    const shape = { X: [4, 2], W0_0: [3, 2], b0_1: [3], V0: [3, 1], noise: [2, 4, 1] }[name]!;
    const values = new Array(shape.reduce((a, b) => a * b, 1)).fill(0);
    values[2] = Number.NaN;
    expect(refusal({ [name]: npy(shape, values) })[1]).toBe(
      `run.npz, array ${name}: value 2 is NaN: takes finite numbers`,
    );
  });
});
