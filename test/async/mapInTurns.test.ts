import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { mapInTurns } from "../../ts/async/mapInTurns.js";

// Each look at the clock finds 10 ms gone, so that a pause is due before every item.
beforeEach(() => {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    now += 10;
    return now;
  });
});
afterEach(() => vi.restoreAllMocks());

test("keeps the order, and gives other work a turn between items", async () => {
  let turns = 0;
  const seen: number[] = [];
  setImmediate(function next() {
    turns++;
    if (turns < 1000) setImmediate(next);
  });
  const mapped = await mapInTurns([1, 2, 3, 4], (n) => {
    seen.push(turns);
    return n * n;
  });
  expect(mapped).toEqual([1, 4, 9, 16]);
  // Other work ran between any two items.
  for (let i = 1; i < seen.length; i++) expect(seen[i]).toBeGreaterThan(seen[i - 1]);
  turns = 1000;
});

test("ends before the next item after an abort, with the signal's reason", async () => {
  const controller = new AbortController();
  const begun: number[] = [];
  const work = mapInTurns(
    [0, 1, 2, 3, 4, 5],
    (i) => {
      begun.push(i);
      if (i === 3) setImmediate(() => controller.abort(new Error("enough")));
    },
    controller.signal,
  );
  await expect(work).rejects.toThrow("enough");
  expect(begun).toEqual([0, 1, 2, 3]);
});
