import { expect, test } from "vitest";
import { type CoverageCase, coverageCase, covers, errorsOff } from "../support/gaugeCoverage.js";

const FULL = process.env.NINSCOPE_SOAK === "full";
const [CASES, PASSES] = FULL ? [200, 1000] : [60, 200];
const cases = Array.from({ length: CASES }, (_, k) => coverageCase(k, PASSES));

/** 95 % of the cases, less three and a half standard deviations of the binomial distribution. */
const FEWEST = 0.95 * CASES - 3.5 * Math.sqrt(0.95 * 0.05 * CASES);
const held = (reading: "antithetic" | "step" | "one") =>
  cases.filter((one) => covers(one[reading], one.exact)).length;
const meanSquare = (of: (one: CoverageCase) => number) =>
  cases.reduce((sum, one) => sum + of(one) ** 2, 0) / CASES;

test("value ± 1.96 errors of antithetic passes holds the batch's own curvature in 95 % of the cases", () => {
  for (const { antithetic } of cases) expect(antithetic.method).toBe("antithetic");
  expect(held("antithetic")).toBeGreaterThan(FEWEST);
  // Errors that are too large would be held always. Readings are then off by far less than one of them.
  const square = meanSquare(({ antithetic, exact }) => errorsOff(antithetic, exact));
  expect(Math.abs(square - 1)).toBeLessThan(3.5 * Math.sqrt(2 / CASES));
});

test("so do readings by step, whose errors are larger", () => {
  for (const { step, antithetic } of cases) expect(step.error).toBeGreaterThan(antithetic.error);
  expect(held("step")).toBeGreaterThan(FEWEST);
});

test("so does a single pass, whose error comes from the scatter over the samples", () => {
  expect(held("one")).toBeGreaterThan(FEWEST);
});

test("the higher orders are far below the error", () => {
  for (const { bias, antithetic } of cases) {
    expect(Math.abs(bias)).toBeLessThan(0.2 * antithetic.error);
  }
});
