import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { readCsv } from "../../ts/data/csv.js";
import { readIdx } from "../../ts/data/idx.js";
import { readNpy } from "../../ts/data/npy.js";
import { readNpz } from "../../ts/data/npz.js";
import { InputError } from "../../ts/errors/errors.js";
import { idx, npy, npz } from "./files.js";

/** Asserts that something is refused in one line and with little memory. */
function refused(action: () => unknown): InputError {
  const before = process.memoryUsage.rss();
  let error: unknown;
  try {
    action();
  } catch (thrown) {
    error = thrown;
  }
  if (!(error instanceof InputError)) throw new Error(`not refused, or badly: ${error}`);
  expect(error.message).toMatch(/^[^\p{Cc}]+$/u);
  expect(process.memoryUsage.rss() - before).toBeLessThan(100e6);
  return error;
}

const encode = (text: string) => new TextEncoder().encode(text);

/** A gzip file of 200 KB that unpacks to 200 MB of zeros behind `head`. */
const zeros = 200e6;
const bombs = (head: Uint8Array) => {
  const content = new Uint8Array(zeros);
  content.set(head);
  return new Uint8Array(gzipSync(content, { level: 9 }));
};

describe("bombs", () => {
  test("a gzip file is not unpacked beyond what its header accounts for", () => {
    const bomb = bombs(idx([1, 28, 28], []));
    expect(bomb.length).toBeLessThan(1e6);
    expect(refused(() => readIdx(bomb, 3, "file")).message).toBe(
      "file: the gzip file is damaged or cut short: it unpacks to more than the 800 bytes announced",
    );
    // Saying that it is short does not help it.
    const lie = idx([1, 28, 28], new Uint8Array(784));
    new DataView(bomb.buffer).setUint32(bomb.length - 4, lie.length, true);
    expect(refused(() => readIdx(bomb, 3, "file")).message).toMatch(/more than the 800 bytes/);
  });

  test("nor is a member of a zip file, whatever its sizes say", () => {
    const gzip = bombs(npy([1], []).subarray(0, 128));
    const raw = gzip.subarray(10, gzip.length - 8);
    const archive = npz({ X: npy([4], [1, 2, 3, 4]) }, 0);
    for (const size of [132, zeros, 0xfffffffe]) {
      const bomb = withMember(archive, raw, size);
      expect(bomb.length).toBeLessThan(1e6);
      expect(refused(() => readNpz(bomb, "file")).message).toMatch(/^file, array X: /);
    }
  });
});

/** The one-member archive with its member's bytes replaced by what deflate made, said to be of `size` bytes. */
function withMember(archive: Uint8Array, raw: Uint8Array, size: number): Uint8Array {
  const old = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const end = archive.length - 22;
  const start = old.getUint32(end + 16, true);
  const local = archive.slice(0, 30 + old.getUint16(26, true) + old.getUint16(28, true));
  const central = archive.slice(start, end);
  for (const [header, at] of [
    [local, 8],
    [central, 10],
  ] as const) {
    const view = new DataView(header.buffer);
    view.setUint16(at, 8, true);
    view.setUint32(at + 10, raw.length, true);
    view.setUint32(at + 14, size, true);
  }
  const tail = archive.slice(end);
  new DataView(tail.buffer).setUint32(16, local.length + raw.length, true);
  return Uint8Array.from(Buffer.concat([local, raw, central, tail]));
}

describe("whole files of unusual make", () => {
  test("gzip of stored blocks, which come out a piece late", () => {
    const pixels = randomBytes(300 * 28 * 28);
    const file = gzipSync(idx([300, 28, 28], pixels), { level: 0 });
    expect(Buffer.compare(readIdx(file, 3, "file").values, pixels)).toBe(0);
  });

  test("arrays that hardly shrink, and arrays that shrink a thousandfold", () => {
    const noise = randomBytes(200_000);
    const arrays = npz({
      noise: npy([200_000], noise, { dtype: "|u1" }),
      zeros: npy([3_000_000], new Uint8Array(3_000_000), { dtype: "|u1" }),
    });
    const found = readNpz(arrays, "file");
    expect(Buffer.compare(found.get("noise")?.values as Uint8Array, noise)).toBe(0);
    expect(found.get("zeros")?.values.every((value) => value === 0)).toBe(true);
  });

  test("a comment behind a zip file's directory is no part of it; other bytes are refused", () => {
    const file = npz({ X: npy([2], [1, 2]) });
    const more = Uint8Array.from([...file, ...encode("hello")]);
    expect(refused(() => readNpz(more, "file")).message).toMatch(/no directory at its end/);
    new DataView(more.buffer).setUint16(file.length - 2, 5, true);
    expect(Array.from(readNpz(more, "file").get("X")?.values ?? [])).toEqual([1, 2]);
  });
});

describe("lies", () => {
  test("two arrays of one name", () => {
    const file = npz({ X: npy([2], [1, 2]), Y: npy([2], [3, 4]) }, 0);
    const text = Buffer.from(file.buffer, file.byteOffset, file.length);
    for (let at = text.indexOf("Y.npy"); at >= 0; at = text.indexOf("Y.npy", at)) text[at] = 0x58;
    expect(refused(() => readNpz(file, "file")).message).toBe(
      "file, array X: expected one of that name, found two",
    );
  });

  test("a directory that calls an array by another's name", () => {
    const file = npz({ X: npy([2], [1, 2]), Z: npy([2], [3, 4]) }, 0);
    const text = Buffer.from(file.buffer, file.byteOffset, file.length);
    text[text.lastIndexOf("X.npy")] = 0x59;
    expect(refused(() => readNpz(file, "file")).message).toBe(
      "file, array Y: damaged: its header names another array",
    );
  });

  test("a name of several lines and of any length stays on one", () => {
    const file = zipSync({ [`a\nb${"c".repeat(5000)}`]: encode("not NumPy") });
    expect(refused(() => readNpz(file, "file")).message.length).toBeLessThan(300);
  });

  test.each([
    ["<constructor", "[2]", /the type "<constructor" is not read/],
    ["<f4", `(${"1,".repeat(65)})`, /expected 1 values .* found 2/],
    ["<f4", "(9007199254740993,)", /expected 9007199254740992 values/],
    ["<f4", "(94906267, 94906267)", /expected 9007199\d+ values/],
    ["<f4", `(${"9".repeat(400)},)`, /expected Infinity values/],
    ["<f4", "(1 1,)", /not one of a plain array/],
  ])("a NumPy header of %s, %s", (dtype, shape, message) => {
    const text = `{'descr': '${dtype}', 'fortran_order': True, 'shape': ${shape.replace(/[[\]]/g, (c) => (c === "[" ? "(" : ",)"))}, }\n`;
    const file = Buffer.concat([
      Buffer.from([0x93]),
      Buffer.from("NUMPY\u0001\u0000"),
      Buffer.from([text.length & 255, text.length >> 8]),
      Buffer.from(text),
      Buffer.alloc(8),
    ]);
    expect(refused(() => readNpy(file, "file")).message).toMatch(message);
  });

  test("a NumPy version that there is not", () => {
    const file = npy([2], [1, 2]);
    file[7] = 1;
    expect(refused(() => readNpy(file, "file")).message).toMatch(/version 1\.0, .* found 1\.1/);
  });
});

describe("text", () => {
  test.each(["0x10", "0b1", "Infinity", "1_000", "1,5e", "", " ", "--1", "1e", "NaN", "١"])(
    "%j is no number",
    (cell) => {
      const file = encode(`a,b\n1,2\n3,"${cell}"\n`);
      expect(refused(() => readCsv(file, true, "file")).message).toBe(
        `file: line 3, column b is ${JSON.stringify(cell)}: takes a finite number`,
      );
    },
  );

  test.each([
    ["1", 1],
    [" +1.5e-3 ", 0.0015],
    [".5", 0.5],
    ["5.", 5],
    ["-0", -0],
    ["1E+2", 100],
  ])("%j is %d", (cell, value) => {
    expect(readCsv(encode(`a,b\n0,${cell}\n`), true, "file").values[1]).toBe(value);
  });

  test("long runs of blanks or digits take no longer than they are", () => {
    const blank = " ".repeat(500_000);
    expect(refused(() => readCsv(encode(`a,b\n1,2${blank}x\n`), true, "file")).field).toBe("file");
    const digits = "1".repeat(500_000);
    expect(refused(() => readCsv(encode(`a,b\n1,${digits}x\n`), true, "file")).field).toBe("file");
  });
});
