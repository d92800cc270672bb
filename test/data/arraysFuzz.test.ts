import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readNpy } from "../../ts/data/npy.js";
import { readNpz } from "../../ts/data/npz.js";
import { InputError } from "../../ts/errors/errors.js";
import { mulberry } from "../support/mulberry.js";
import { npz } from "./files.js";
import { literal } from "./literal.js";

/** More by hand: NINSCOPE_FUZZ=20000. */
const CASES = Number(process.env.NINSCOPE_FUZZ ?? 600);

interface Found {
  readonly shape: readonly number[];
  readonly values: readonly (number | string)[];
}

/** Files and what NumPy finds in them (`make_arrays.py`); null: NumPy refuses them. */
const CORPUS = (
  JSON.parse(readFileSync("test/data/fixtures/arrays.json", "utf8")) as {
    what: string;
    file: string;
    found: Found | null;
  }[]
).map(({ what, file, found }) => ({
  what,
  file: new Uint8Array(Buffer.from(file, "base64")),
  found,
}));

/** What is read, or null if an InputError in one line that names the file refuses it. */
function read(file: Uint8Array, packed: boolean): Found | null {
  try {
    const array = packed ? readNpz(npz({ X: file }), "file").get("X")! : readNpy(file, "file");
    expect(array.values).toHaveLength(array.shape.reduce((a, b) => a * b, 1));
    return { shape: array.shape, values: Array.from(array.values) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.field).toBe(packed ? "file, array X" : "file");
    expect(error.message).toMatch(/^file[^\p{Cc}]+$/u);
    return null;
  }
}

describe("files that NumPy has read", () => {
  test("what NumPy or another writer spells is read to the bit", () => {
    const whole = CORPUS.filter(({ what }) => !/^(altered|bytes|cut|.* beyond)/.test(what));
    let count = 0;
    for (const { what, file, found } of whole) {
      if (!found?.values.every((x) => typeof x === "number")) continue;
      expect(read(file, false), what).toEqual(found);
      expect(read(file, true), what).toEqual(found);
      count++;
    }
    expect(count).toBeGreaterThan(220);
  });

  test("Python 2's integers are read, though NumPy may not", () => {
    const long = CORPUS.filter(({ what }) => /^spelled .*\dL/s.test(what));
    expect(long.length).toBeGreaterThan(20);
    for (const { what, file } of long) expect(read(file, false), what).not.toBe(null);
  });

  test("what NumPy refuses, or finds no finite number in, is refused", () => {
    let count = 0;
    for (const { what, file, found } of CORPUS) {
      const fit = found?.values.every((x) => typeof x === "number") && !/beyond/.test(what);
      if (fit || /^spelled .*\dL/s.test(what)) continue;
      expect(read(file, false), what).toBe(null);
      count++;
    }
    expect(count).toBeGreaterThan(300);
  });

  test("altered files are refused, or read as NumPy reads them", () => {
    for (const { what, file, found } of CORPUS) {
      const own = read(file, false);
      if (own && found) expect(own, what).toEqual(found);
    }
  });
});

const TYPES: Record<string, [number, (view: DataView, at: number, little: boolean) => number]> = {
  f2: [2, half],
  f4: [4, (view, at, little) => view.getFloat32(at, little)],
  f8: [8, (view, at, little) => view.getFloat64(at, little)],
  b1: [1, (view, at) => Math.min(1, view.getUint8(at))],
  ...Object.fromEntries(
    ["u", "i"].flatMap((sign) =>
      [1, 2, 4, 8].map((size) => [
        `${sign}${size}`,
        [
          size,
          (view: DataView, at: number, little: boolean) => integer(view, at, little, sign, size),
        ],
      ]),
    ),
  ),
};

/** Byte by byte, for an independent reading. */
function integer(view: DataView, at: number, little: boolean, sign: string, size: number): number {
  let bits = 0n;
  for (let k = 0; k < size; k++) {
    bits = 256n * bits + BigInt(view.getUint8(at + (little ? size - 1 - k : k)));
  }
  return Number(sign === "i" ? BigInt.asIntN(8 * size, bits) : bits);
}

/** Through the float32 that has the same sign, exponent and fraction. */
function half(view: DataView, at: number, little: boolean): number {
  const bits = view.getUint16(at, little);
  const float = new DataView(new ArrayBuffer(4));
  float.setUint32(0, ((bits & 0x8000) << 16) | ((bits & 0x7fff) << 13));
  return (bits & 0x7c00) === 0x7c00 ? Number.NaN : float.getFloat32(0) * 2 ** 112;
}

/** What a file holds by an independent reading; null if it is no plain array of finite numbers. */
function decoded(file: Uint8Array): Found | null {
  const text = Buffer.from(file).toString("latin1");
  const version = file[6];
  if (!text.startsWith("\x93NUMPY") || ![1, 2, 3].includes(version) || file[7] !== 0) return null;
  const first = version === 1 ? 10 : 12;
  if (file.length < 12) return null;
  const size = file[8] + 256 * file[9] + (version === 1 ? 0 : 65536 * (file[10] + 256 * file[11]));
  const header = literal(text.slice(first, first + size)) as any;
  if (first + size > file.length || typeof header !== "object" || header === null) return null;
  const { descr, fortran_order: fortran, shape, ...rest } = header;
  if (Object.keys(rest).length > 0 || typeof descr !== "string") return null;
  if (typeof fortran !== "boolean" || !Array.isArray(shape) || shape[0] !== "tuple") return null;
  const [order, type] = /^[<>=|]/.test(descr) ? [descr[0], descr.slice(1)] : ["=", descr];
  const sizes = shape.slice(1) as number[];
  if (!(type in TYPES) || !sizes.every((n) => Number.isInteger(n))) return null;
  const [bytes, get] = TYPES[type];
  const count = sizes.reduce((a, b) => a * b, 1);
  if (file.length - first - size !== count * bytes) return null;
  const view = new DataView(file.buffer, file.byteOffset + first + size, count * bytes);
  const values = Array.from({ length: count }, (_, i) => {
    let [rest, place, stride] = [i, 0, 1];
    const index = sizes.toReversed().map((n) => {
      const k = rest % n;
      rest = Math.floor(rest / n);
      return k;
    });
    for (const [d, n] of sizes.entries()) {
      place += index[sizes.length - 1 - d] * stride;
      stride *= n;
    }
    return get(view, bytes * (fortran ? place : i), order !== ">");
  });
  const exact = values.every(
    (x) => Number.isFinite(x) && (!/^[ui]8$/.test(type) || Number.isSafeInteger(x)),
  );
  return exact ? { shape: sizes, values } : null;
}

test(`${CASES} files altered at random: refused, or read as an independent reading reads them`, () => {
  const random = mulberry(23);
  const below = (n: number) => Math.floor(random() * n);
  const readable = CORPUS.filter(({ found }) => found);
  const LETTERS = "'\"{}()[],:LTFu<>=|0123456789 fibe\n";
  let accepted = 0;
  let refused = 0;
  for (let i = 0; i < CASES; i++) {
    const from = random() < 0.8 ? readable : CORPUS;
    const { file: whole, what } = from[below(from.length)];
    let file: number[] = [...whole];
    for (let k = below(4); k > 0; k--) {
      const header = 10 + below(Math.min(90, Math.max(1, file.length - 10)));
      const at = random() < 0.7 ? header : below(file.length);
      const letter = LETTERS.charCodeAt(below(LETTERS.length));
      const how = below(5);
      if (how === 0) file[at] = letter;
      else if (how === 1) file[at] = below(256);
      else if (how === 2) file[at] ^= 1 << below(8);
      else if (how === 3) {
        // A letter more or less in the header, whose length says so.
        file.splice(at, below(2), letter);
        file[8] = (file[8] + file.length - whole.length) & 255;
      } else file = file.slice(0, at);
    }
    const bytes = Uint8Array.from(file);
    const own = read(bytes, i % 4 === 0);
    const right = decoded(bytes);
    // Reading less than is there is no harm; reading anything else is.
    if (own) expect(own, `${what}, case ${i}`).toEqual(right);
    if (own) accepted++;
    else refused++;
    const text = Buffer.from(bytes.subarray(0, 140)).toString("latin1");
    if (right && !own) expect(text, `refused ${what}, case ${i}`).toBe("");
  }
  expect(accepted).toBeGreaterThan(CASES / 10);
  expect(refused).toBeGreaterThan(CASES / 10);
});
