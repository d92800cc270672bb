import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readReplay } from "../../ts/check/replay.js";
import { readCsv } from "../../ts/data/csv.js";
import { readIdx } from "../../ts/data/idx.js";
import { readNpy } from "../../ts/data/npy.js";
import { readNpz } from "../../ts/data/npz.js";
import { InputError } from "../../ts/errors/errors.js";
import { idx, npy, npz } from "./files.js";

interface Kind {
  readonly file: Uint8Array;
  /** What is read from it: shape and values. */
  readonly read: (bytes: Uint8Array) => { shape: readonly number[]; values: ArrayLike<number> };
  /** Whether a checksum covers the values: then nothing but the right ones may be read. */
  readonly checked: boolean;
}

const values = Array.from({ length: 60 }, (_, i) => (7 * i) % 101);
const images = idx([5, 3, 4], values);
const array = npy([6, 10], values, { dtype: "<f4" });
const table = `a,b,c\n${values.map((v, i) => v + (i % 3 < 2 ? "," : "\n")).join("")}`;
const archive = (level: 0 | 6) => npz({ X: array, y: npy([6], [0, 1, 2, 0, 1, 2]) }, level);
const numpy = (bytes: Uint8Array) => readNpy(bytes, "file");
const packed = (bytes: Uint8Array) => readNpz(bytes, "file", ["X"]).get("X") ?? missing();
const missing = (): never => {
  throw new InputError("file", "file has no array X");
};

const KINDS: Readonly<Record<string, Kind>> = {
  idx: { file: images, read: (bytes) => readIdx(bytes, 3, "file"), checked: false },
  "idx.gz": {
    file: new Uint8Array(gzipSync(images)),
    read: (bytes) => readIdx(bytes, 3, "file"),
    checked: true,
  },
  npy: { file: array, read: numpy, checked: false },
  "npz, stored": { file: archive(0), read: packed, checked: true },
  "npz, deflated": { file: archive(6), read: packed, checked: true },
  csv: {
    file: new TextEncoder().encode(table),
    read: (bytes) => {
      const { rows, columns, values: found } = readCsv(bytes, true, "file");
      return { shape: [rows, columns.length], values: found };
    },
    checked: false,
  },
};

const damage = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), at: fc.nat(), bit: fc.nat(7) }),
  // Headers are where lies do harm.
  fc.record({ kind: fc.constant("flip" as const), at: fc.nat(95), bit: fc.nat(7) }),
  fc.record({
    kind: fc.constant("overwrite" as const),
    at: fc.nat(),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
  }),
  fc.record({ kind: fc.constant("cut" as const), at: fc.nat() }),
  fc.record({
    kind: fc.constant("insert" as const),
    at: fc.nat(),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 16 }),
  }),
  fc.record({ kind: fc.constant("zero" as const), at: fc.nat() }),
);

function damaged(
  file: Uint8Array,
  how: typeof damage extends fc.Arbitrary<infer D> ? D : never,
): Uint8Array {
  const at = how.at % file.length;
  const out = file.slice();
  switch (how.kind) {
    case "flip":
      out[at] ^= 1 << how.bit;
      return out;
    case "overwrite":
      out.set(how.bytes.subarray(0, file.length - at), at);
      return out;
    case "cut":
      return file.subarray(0, at);
    case "insert":
      return Uint8Array.of(...file.subarray(0, at), ...how.bytes, ...file.subarray(at));
    case "zero":
      return out.fill(0, at);
  }
}

test.each(Object.entries(KINDS))(
  "200 damaged files of kind %s: a clear error, or what can be read is right",
  (_, { file, read, checked }) => {
    const whole = read(file);
    const right = Array.from(whole.values);
    let refused = 0;
    fc.assert(
      fc.property(damage, (how) => {
        try {
          const found = read(damaged(file, how));
          if (checked) expect(Array.from(found.values)).toEqual(right);
          // Without a checksum altered values cannot be told from others, but there are as many as announced.
          const count = found.shape.reduce((a, b) => a * b, 1);
          expect(found.values.length).toBe(count);
          for (let i = 0; i < count; i++) expect(Number.isFinite(found.values[i])).toBe(true);
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          refused++;
          expect(error.message).toMatch(/^file/);
          expect(error.message).not.toMatch(/\n|undefined|\[object/);
        }
      }),
      { numRuns: 200, seed: 7 },
    );
    expect(refused).toBeGreaterThan(30);
  },
);

test("200 replay files that lie: shapes, names, types and settings that do not fit together", () => {
  const meta = {
    widths: [4, 6, 3],
    activation: "relu",
    loss: "cross-entropy",
    ninLayer: 0,
    nodes: 1,
    sigma: 1,
    learningRate: 0.1,
    batch: 5,
    samples: 10,
    epochs: 2,
    mode: "fresh",
    distribution: "normal",
    momentum: 0,
    weightDecay: 0,
  };
  const json = (value: unknown) => {
    const text = new TextEncoder().encode(
      typeof value === "string" ? value : JSON.stringify(value),
    );
    return npy([text.length], text, { dtype: "|u1" });
  };
  const zeros = (...shape: number[]) =>
    npy(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));
  const arrays: Record<string, Uint8Array> = {
    meta: json(meta),
    X: zeros(10, 4),
    y: npy([10], new Array(10).fill(1), { dtype: "<i8" }),
    W0_0: zeros(6, 4),
    b0_0: zeros(6),
    W0_1: zeros(3, 6),
    b0_1: zeros(3),
    V0: zeros(6, 1),
    noise: zeros(2, 10, 1),
    order: npy([2, 10], [...Array(10).keys(), ...Array(10).keys()], { dtype: "<u4" }),
  };
  expect(readReplay(npz(arrays), "run.npz").plan.network.widths).toEqual([4, 6, 3]);

  const names = Object.keys(arrays);
  const wrong = fc.oneof(
    fc
      .constantFrom(...names)
      .map((name) => ({ what: `without ${name}`, change: { [name]: undefined } })),
    fc
      .tuple(
        fc.constantFrom(...names.slice(1)),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 3 }),
      )
      .map(([name, shape]) => ({
        what: `${name} of ${shape}`,
        change: { [name]: zeros(...shape) },
      })),
    fc
      .tuple(
        fc.constantFrom(...Object.keys(meta).filter((k) => k !== "mode" && k !== "distribution")),
        fc.constantFrom<unknown>(null, "x", -1, 0.5, 1e12, [], {}, [5, 6], true),
      )
      .filter(
        ([key, value]) =>
          !(["sigma", "learningRate", "momentum", "weightDecay"].includes(key) && value === 0.5),
      )
      .filter(([key, value]) => !(["sigma", "weightDecay"].includes(key) && value === 1e12))
      .filter(([key, value]) => !(key === "learningRate" && value === 1e12))
      .map(([key, value]) => ({
        what: `${key} ${JSON.stringify(value)}`,
        change: { meta: json({ ...meta, [key]: value }) },
      })),
    fc
      .constantFrom("", "{", "[]", "null", '"x"')
      .map((text) => ({ what: `meta ${text}`, change: { meta: json(`${text} `) } })),
    fc.nat(19).map((at) => {
      const order = [...Array(10).keys(), ...Array(10).keys()];
      order[at] = 10;
      return { what: "a stray index", change: { order: npy([2, 10], order, { dtype: "<u4" }) } };
    }),
    fc.constant({
      what: "a stray class",
      change: { y: npy([10], new Array(10).fill(3), { dtype: "<i8" }) },
    }),
  );
  fc.assert(
    fc.property(wrong, ({ what, change }) => {
      const kept = Object.entries({ ...arrays, ...change }).filter(([, bytes]) => bytes) as [
        string,
        Uint8Array,
      ][];
      const error = attempt(() => readReplay(npz(Object.fromEntries(kept)), "run.npz"));
      expect(error, what).toBeInstanceOf(InputError);
      expect((error as InputError).message, what).toMatch(/^run\.npz/);
      expect((error as InputError).message, what).not.toMatch(/\n|undefined|\[object/);
    }),
    { numRuns: 200, seed: 11 },
  );
});

function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
