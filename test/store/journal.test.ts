import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { crc32 } from "../../ts/digest/crc32.js";
import { journalLine, readJournal, runInLine } from "../../ts/store/journal.js";

const encoder = new TextEncoder();
const key = (i: number) => i.toString(16).padStart(64, "0");
const joined = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

describe("CRC-32", () => {
  it("gives the standard's check value, in one piece or in two", () => {
    const digits = encoder.encode("123456789");
    expect(crc32(digits)).toBe(0xcbf43926);
    expect(crc32(digits, 4, 9, crc32(digits, 0, 4))).toBe(0xcbf43926);
  });
});

describe("a journal", () => {
  it("gives back what was written, the last line of each key", () => {
    const journal = readJournal(
      joined(
        journalLine(key(1), { a: "ü", x: [1.5, null] }),
        journalLine(key(2), {}),
        journalLine(key(1), { a: 2 }),
      ),
    );
    expect([...journal.lines.keys()]).toEqual([key(1), key(2)]);
    expect(runInLine(journal.lines.get(key(1)) as Uint8Array)).toEqual({ a: 2 });
    expect(journal).toMatchObject({ ignored: 0, torn: false });
  });

  it("is JSON lines", () => {
    const text = new TextDecoder().decode(journalLine(key(7), { loss: 0.25 }));
    expect(text.endsWith("\n")).toBe(true);
    expect(JSON.parse(text)).toMatchObject({ key: key(7), run: { loss: 0.25 } });
  });

  it("has each line whole or not at all, wherever it is cut", () => {
    const lines = [1, 2, 3].map((i) => journalLine(key(i), { name: `run ${i}`, i }));
    const bytes = joined(...lines);
    const ends = [0, lines[0].length, lines[0].length + lines[1].length, bytes.length];
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { lines: whole, torn } = readJournal(bytes.slice(0, cut));
      expect(whole.size).toBe(ends.filter((end) => end > 0 && end <= cut).length);
      expect(torn).toBe(!ends.includes(cut));
    }
  });

  it("ignores a line of which any bits have changed, and no other", () => {
    const lines = [1, 2, 3].map((i) => journalLine(key(i), { name: `run ${i}`, i }));
    const bytes = joined(...lines);
    const start = lines[0].length;
    // A changed newline joins or splits lines: then two may be lost, never one made up.
    fc.assert(
      fc.property(
        fc.integer({ min: start, max: start + lines[1].length - 2 }),
        fc.integer({ min: 1, max: 255 }),
        (at, flip) => {
          const broken = bytes.slice();
          broken[at] ^= flip;
          const read = readJournal(broken);
          const inCrc = [...read.lines.entries()].map(([k, line]) => [k, runInLine(line)]);
          expect(inCrc).toContainEqual([key(1), { name: "run 1", i: 1 }]);
          expect(inCrc).toContainEqual([key(3), { name: "run 3", i: 3 }]);
          for (const [k, run] of inCrc) {
            expect(run).toEqual({ name: `run ${Number(k)}`, i: Number(k) });
          }
        },
      ),
    );
  });

  it("is opened without reading what its lines hold: of those only what is asked for is", () => {
    const lines = Array.from({ length: 200 }, (_, i) =>
      journalLine(key(i), { name: `run ${i}`, i }),
    );
    const parse = vi.spyOn(JSON, "parse");
    const { lines: found, ignored } = readJournal(joined(...lines));
    expect([found.size, ignored, parse.mock.calls.length]).toEqual([200, 0, 0]);
    expect(runInLine(found.get(key(7)) as Uint8Array)).toEqual({ name: "run 7", i: 7 });
    parse.mockRestore();
  });
});
