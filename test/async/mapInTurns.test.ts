import { expect, test } from "vitest";
import { mapInTurns } from "../../ts/async/mapInTurns.js";

/** Keeps the thread busy for some milliseconds, as an item's work does. */
function busy(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

test("keeps the order, and lets timers run between items", async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const squares = await mapInTurns([1, 2, 3, 4, 5, 6, 7, 8], (n) => {
    busy(10);
    return n * n;
  });
  clearInterval(timer);
  expect(squares).toEqual([1, 4, 9, 16, 25, 36, 49, 64]);
  expect(turns).toBeGreaterThan(2);
});

test("ends within one item of an abort that comes while it works", async () => {
  const controller = new AbortController();
  const begun: number[] = [];
  const work = mapInTurns(
    Array.from({ length: 1000 }, (_, i) => i),
    (i) => {
      begun.push(i);
      busy(10);
      if (i === 3) setImmediate(() => controller.abort(new Error("enough")));
    },
    controller.signal,
  );
  await expect(work).rejects.toThrow("enough");
  expect(begun.length).toBeLessThan(10);
});
