import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readIdx } from "../../../ts/data/idx.js";
import { unpacked } from "../../../ts/data/node/unpacked.js";
import { idx } from "../files.js";

const good = idx(
  [50, 7, 11],
  new Uint8Array(50 * 7 * 11).map((_, i) => (i * i) % 251),
);

/** What the reader makes of a file: its values, or its message. */
function outcome(file: Uint8Array): unknown {
  try {
    return readIdx(file, 3, "images");
  } catch (error) {
    return (error as Error).message;
  }
}

describe("unpacking with Node's zlib", () => {
  test("a packed file is unpacked", async () => {
    for (const level of [0, 1, 9]) {
      expect(await unpacked(gzipSync(good, { level }))).toEqual(good);
    }
  });

  test("what it leaves packed comes back as the same object", async () => {
    const packed = gzipSync(good);
    const files = [
      good,
      new Uint8Array(0),
      packed.subarray(0, packed.length - 9),
      Buffer.concat([packed, packed]),
      Buffer.concat([packed, Buffer.from([7])]),
      gzipSync(gzipSync(good)),
    ];
    for (const file of files) expect(await unpacked(file)).toBe(file);
  });

  const piece = fc.nat(good.length);
  const damage = fc.oneof(
    fc.record({ flip: fc.nat(), by: fc.integer({ min: 1, max: 255 }) }),
    fc.record({ cut: fc.nat() }),
    fc.record({ append: fc.uint8Array({ minLength: 1, maxLength: 20 }) }),
    fc.constant({}),
  );
  test("the reader finds the same values, and the same faults of the member that it read first", async () => {
    await fc.assert(
      fc.asyncProperty(piece, fc.boolean(), damage, async (at, split, change) => {
        const members = split ? [good.subarray(0, at), good.subarray(at)] : [good];
        let file = new Uint8Array(Buffer.concat(members.map((member) => gzipSync(member))));
        if ("flip" in change) file[change.flip % file.length] ^= change.by;
        if ("cut" in change) file = file.slice(0, change.cut % file.length);
        if ("append" in change) file = Uint8Array.of(...file, ...change.append);
        expect(outcome(await unpacked(file))).toEqual(outcome(file));
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});
