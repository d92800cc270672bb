import { expect, test } from "vitest";
import { largest, least, lengthOf } from "../../ts/analysis/extremes.js";

// More arguments than a call can have.
const MANY = 300_000;
const values = Float64Array.from({ length: MANY }, (_, i) => ((i * 7919) % MANY) - 1000);

test("extremes and lengths of 300,000 numbers", () => {
  expect([least(values), largest(values)]).toEqual([-1000, MANY - 1001]);
  expect([least([]), largest([])]).toEqual([Infinity, -Infinity]);
  expect([least([1, Number.NaN]), largest([Number.NaN, 1])]).toEqual([Number.NaN, Number.NaN]);
  expect(lengthOf(new Float64Array(MANY).fill(0.5)) / (0.5 * Math.sqrt(MANY))).toBeCloseTo(1, 12);
});

test("a length is bit for bit that of Math.hypot, where that has room", () => {
  for (const n of [0, 1, 2, 3, 17, 1024]) {
    const vector = Float64Array.from({ length: n }, (_, i) => Math.sin(i + 1) * 1e200);
    expect(lengthOf(vector)).toBe(Math.hypot(...vector));
  }
  expect(lengthOf(Float64Array.of(-3e-300))).toBe(3e-300);
});
