import fc from "fast-check";
import { expect, test } from "vitest";
import { closed, onset } from "../../ts/forecast/onset.js";

const search = { stride: 1.4, farthest: 64, precision: 1.07 };

test("brackets a threshold wherever it lies, as narrowly as asked", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.double({ min: -3.5, max: 3.5, noNaN: true }),
      fc.double({ min: 0.01, max: 100, noNaN: true }),
      async (log, from) => {
        const threshold = from * Math.exp(log);
        const beyond = async (sigma: number) => sigma >= threshold;
        const found = closed(await onset({ ...search, from, beyond }));
        if (!found) throw new Error("nothing found");
        expect(found.below).toBeLessThan(threshold);
        expect(found.above).toBeGreaterThanOrEqual(threshold);
        expect(found.above / found.below).toBeLessThanOrEqual(search.precision);
      },
    ),
  );
});

test("gives up where nothing sets in, or everything has", async () => {
  for (const always of [true, false]) {
    let asked = 0;
    const beyond = async () => {
      asked++;
      return always;
    };
    const found = await onset({ ...search, from: 3, beyond });
    expect(closed(found)).toBe(null);
    // It keeps the end that it has: the farthest value that it asked about.
    const end = 3 * search.stride ** ((asked - 1) * (always ? -1 : 1));
    expect(always ? found.above : found.below).toBeCloseTo(end, 9);
    expect(asked).toBe(1 + Math.floor(Math.log(search.farthest) / Math.log(search.stride)));
  }
});
