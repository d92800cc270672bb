import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readNpy } from "../../ts/data/npy.js";
import { readNpz } from "../../ts/data/npz.js";
import { InputError } from "../../ts/errors/errors.js";
import { DTYPES, npy, npz } from "./files.js";

describe("NumPy files", () => {
  test.each(DTYPES.flatMap((d) => ["<", ">"].map((order) => `${order}${d}`)))(
    "of type %s",
    (dtype) => {
      const small = dtype.endsWith("b1") ? [0, 1, 1, 0, 1, 0] : [0, 1, 2, 100, 7, 120];
      const read = readNpy(npy([2, 3], small, { dtype }), "X");
      expect(read.shape).toEqual([2, 3]);
      expect([...read.values]).toEqual(small);
    },
  );

  test("float32 and bytes keep their type", () => {
    expect(readNpy(npy([2], [1.5, 2]), "X").values).toBeInstanceOf(Float32Array);
    expect(readNpy(npy([2], [1, 2], { dtype: "|u1" }), "X").values).toBeInstanceOf(Uint8Array);
  });

  test.each([1, 2, 3])("of format version %d", (version) => {
    expect([...readNpy(npy([3], [1, 2, 3], { version }), "X").values]).toEqual([1, 2, 3]);
  });

  test("in Fortran's order, of any shape", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
        (shape) => {
          const count = shape.reduce((a, b) => a * b, 1);
          // The value of an element tells its place in C's order.
          const fortran = new Array<number>(count);
          for (let i = 0; i < count; i++) {
            let [rest, at, stride] = [i, 0, count];
            const index = shape.map((size) => {
              stride /= size;
              const k = Math.floor(rest / stride);
              rest -= k * stride;
              return k;
            });
            let step = 1;
            index.forEach((k, d) => {
              at += k * step;
              step *= shape[d];
            });
            fortran[at] = i;
          }
          const { values } = readNpy(npy(shape, fortran, { fortran: true }), "X");
          expect([...values]).toEqual(Array.from({ length: count }, (_, i) => i));
        },
      ),
    );
  });

  test.each([
    ["another file", new TextEncoder().encode("not NumPy at all"), /begins with/],
    ["nothing", new Uint8Array(0), /found 0 other bytes/],
    ["cut short in the header", npy([3], [1, 2, 3]).subarray(0, 40), /cut short/],
    [
      "cut short in the values",
      npy([3], [1, 2, 3]).subarray(0, -1),
      /expected 3 values of 4 bytes for shape \(3\), found 2\.75/,
    ],
    ["too long", Uint8Array.of(...npy([3], [1, 2, 3]), 0, 0, 0, 0), /expected 3 values .* found 4/],
    ["a lying shape", npy([2 ** 31, 2 ** 31], [1]), /expected|values/],
    ["a NaN", npy([3], [1, Number.NaN, 3]), /value 1 is NaN: takes finite numbers/],
    [
      "an integer beyond float64",
      npy([1], [2 ** 60 + 2 ** 20], { dtype: "<i8" }),
      /value 0 is about/,
    ],
    ["version 9", npy([3], [1, 2, 3]).fill(9, 6, 7), /version 1.0, 2.0 or 3.0, found 9.0/],
  ])("%s is refused", (_, file, message) => {
    expect(() => readNpy(file, "data.inputs")).toThrow(InputError);
    expect(() => readNpy(file, "data.inputs")).toThrow(message);
    expect(() => readNpy(file, "data.inputs")).toThrow(/^data\.inputs: /);
  });

  test("complex numbers and structures are refused by name", () => {
    const text = (from: string, to: string) =>
      Uint8Array.from(
        Buffer.from(
          Buffer.from(npy([1], [1]))
            .toString("latin1")
            .replace(from, to),
          "latin1",
        ),
      );
    expect(() => readNpy(text("'<f4'", "'<c8'"), "X")).toThrow(/the type "<c8" is not read/);
    expect(() => readNpy(text("'shape'", "'shapo'"), "X")).toThrow(/not one of a plain array/);
  });
});

describe("archives of NumPy files", () => {
  const arrays = { X: npy([2, 2], [1, 2, 3, 4]), y: npy([2], [0, 1], { dtype: "<i8" }) };

  test.each([0, 6] as const)("at level %d of compression", (level) => {
    const read = readNpz(npz(arrays, level), "file");
    expect([...read.keys()]).toEqual(["X", "y"]);
    expect([...read.get("X")!.values]).toEqual([1, 2, 3, 4]);
    expect([...read.get("y")!.values]).toEqual([0, 1]);
  });

  test("only what is wanted is read: a broken neighbour does not matter", () => {
    const file = npz({ ...arrays, broken: new Uint8Array(100) });
    expect([...readNpz(file, "file", ["y"]).keys()]).toEqual(["y"]);
    expect(() => readNpz(file, "file")).toThrow(/array broken: /);
  });

  const file = npz(arrays, 0);
  const at = (needle: number[], from = 0) => {
    for (let i = from; i < file.length; i++)
      if (needle.every((b, k) => file[i + k] === b)) return i;
    throw new Error("not found");
  };
  const entry = at([0x50, 0x4b, 1, 2]);
  const altered = (place: number, ...bytes: number[]) => {
    const out = file.slice();
    out.set(bytes, place);
    return out;
  };
  test.each([
    ["cut short", file.subarray(0, file.length - 30), /no directory at its end/],
    ["empty", new Uint8Array(0), /no directory/],
    ["a damaged value", altered(at([0x93]) + 130, 99), /checksum does not match/],
    ["a lying size", altered(entry + 24, 0xff, 0xff, 0xff, 0x7f), /cannot unpack|checksum/],
    ["an entry beyond the end", altered(entry + 42, 0xff, 0xff, 0xff, 0x7f), /no header/],
    [
      "an entry that reaches beyond the end",
      altered(entry + 20, 0xff, 0xff, 0xff, 0x7f),
      /beyond the file's end/,
    ],
    ["zip64", altered(entry + 24, 0xff, 0xff, 0xff, 0xff), /zip64/],
    ["another compression", altered(entry + 10, 12), /compression method 12/],
    ["a directory elsewhere", altered(file.length - 6, 0xff, 0xff), /missing from its directory/],
  ])("%s is refused", (_, bytes, message) => {
    expect(() => readNpz(bytes, "run.npz")).toThrow(InputError);
    expect(() => readNpz(bytes, "run.npz")).toThrow(message);
  });
});
