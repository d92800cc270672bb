import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readIdx } from "../../ts/data/idx.js";
import { InputError } from "../../ts/errors/errors.js";
import { idx } from "./files.js";

const values = Uint8Array.from({ length: 24 }, (_, i) => 10 * i);
const good = idx([2, 3, 4], values);

describe("IDX files", () => {
  test("plain and packed", () => {
    for (const file of [good, new Uint8Array(gzipSync(good))]) {
      const { shape, values: found } = readIdx(file, 3, "images");
      expect(shape).toEqual([2, 3, 4]);
      expect(found).toEqual(values);
    }
  });

  test("plain values are a view of the file: nothing is copied", () => {
    expect(readIdx(good, 3, "images").values.buffer).toBe(good.buffer);
  });

  const packed = new Uint8Array(gzipSync(good));
  /** One gzip member after another, as `cat`, bgzip and pigz make them; the last one may be empty. */
  const inMembers = (...ends: number[]) =>
    new Uint8Array(
      Buffer.concat(ends.map((end, m) => gzipSync(good.subarray(ends[m - 1] ?? 0, end)))),
    );
  const members = inMembers(10, good.length);

  test("packed in several members, padded with zeros", () => {
    for (const file of [members, inMembers(0, 3, 17, 17, 40, 40), packed]) {
      for (const zeros of [0, 1, 2, 3, 4, 7, 8, 9, 511, 70_000]) {
        const padded = new Uint8Array(file.length + zeros);
        padded.set(file);
        expect(readIdx(padded, 3, "images").values).toEqual(values);
      }
    }
  });

  const altered = (bytes: Uint8Array, at: number, by = 1) => {
    const out = bytes.slice();
    out[at] ^= by;
    return out;
  };
  test.each([
    ["empty", new Uint8Array(0), /header takes 16 bytes, found a file of 0/],
    [
      "the wrong magic number",
      altered(good, 2),
      /expected the magic number 0x00000803 .* found 0x00000903/,
    ],
    ["another number of dimensions", idx([24], values), /found 0x00000801/],
    [
      "cut short",
      good.subarray(0, good.length - 1),
      /cut short: expected 24 values for shape 2 x 3 x 4, found 23/,
    ],
    ["too long", Uint8Array.of(...good, 0), /too long: expected 24 .* found 25/],
    ["a lying size", altered(good, 4, 0x80), /expected 25769803800 values/],
    ["no values", idx([0, 3, 4], []), /holds no values/],
    ["a packed file cut short", packed.subarray(0, packed.length - 9), /damaged or cut short/],
    ["a packed file that is damaged", altered(packed, packed.length - 12), /damaged or cut short/],
    ["a packed file with another checksum", altered(packed, packed.length - 8), /checksum/],
    [
      "a packed file that announces another size",
      altered(packed, packed.length - 4),
      /found|announced|damaged/,
    ],
    ["two packed files in one", Uint8Array.of(...packed, ...packed), /more than the 40 bytes/],
    [
      "a member with another checksum",
      altered(members, gzipSync(good.subarray(0, 10)).length - 8),
      /a checksum does not match/,
    ],
    ["a last member cut short", members.subarray(0, members.length - 1), /damaged or cut short/],
    ["padding that is not zero", Uint8Array.of(...packed, 0, 0, 7, 0), /damaged or cut short/],
    ["a byte behind the last member", Uint8Array.of(...packed, 7), /damaged or cut short/],
  ])("%s is refused", (_, file, message) => {
    const read = () => readIdx(file, 3, "images.gz");
    expect(read).toThrow(InputError);
    expect(read).toThrow(message);
    expect(read).toThrow(/^images\.gz: /);
  });
});
