import { expect, test } from "vitest";
import { calibrate } from "../../ts/analysis/calibration.js";
import { estimate } from "../../ts/analysis/estimate.js";
import { boundaryVerdict, threeSigmas, verdictOf } from "../../ts/analysis/verdict.js";
import { mulberry, normal } from "../support/mulberry.js";

test("few values err as often beyond their three-sigma span as many do", () => {
  for (const count of [2, 3, 4, 8, 12, 20]) {
    const random = mulberry(count);
    let beyond = 0;
    const trials = 40_000;
    for (let trial = 0; trial < trials; trial++) {
      const { value, error } = estimate(Array.from({ length: count }, () => normal(random)));
      if (Math.abs(value) > threeSigmas(count) * error) beyond++;
    }
    // 108 of 40,000 are expected: 0.27 %; as many are counted to a tenth.
    expect(beyond, `${count} values`).toBeGreaterThan(108 - 50);
    expect(beyond, `${count} values`).toBeLessThan(108 + 50);
  }
  expect(threeSigmas(1)).toBe(Number.POSITIVE_INFINITY);
  expect(threeSigmas(1e6)).toBeCloseTo(3, 4);
});

test("a verdict is by three errors or by what is allowed, and not given where nothing is known", () => {
  const exact = { value: 1, error: 0 };
  const at = (value: number, error: number, count?: number) =>
    verdictOf(exact, { value, error }, 0.05, count);
  expect(at(1.04, 0)).toBe("within");
  expect(at(1.06, 0)).toBe("outside");
  expect(at(1.06, 0.03)).toBe("within");
  expect(at(1.2, 0.03)).toBe("outside");
  // The same from four values: 9.2 errors.
  expect(at(1.2, 0.03, 4)).toBe("within");
  // Zero would agree as well.
  expect(at(1.2, 0.4)).toBe("not told");
  expect(at(1.06, Number.NaN)).toBe("not told");
  expect(at(Number.NaN, 0.1)).toBe("not told");
  expect(at(1.06, 0.03, 1)).toBe("not told");
});

test("a boundary agrees where its errors reach into the bracket", () => {
  expect(boundaryVerdict({ value: 5, error: 0 }, [4, 6], 0.05)).toBe("within");
  expect(boundaryVerdict({ value: 3, error: 0 }, [4, 6], 0.05)).toBe("outside");
  expect(boundaryVerdict({ value: 3.85, error: 0 }, [4, 6], 0.05)).toBe("within");
  expect(boundaryVerdict({ value: 3, error: 0.4 }, [4, 6], 0.05)).toBe("within");
  expect(boundaryVerdict(null, [4, 6], 0.05)).toBe("not told");
  expect(boundaryVerdict({ value: 3, error: 0.4 }, null, 0.05)).toBe("not told");
});

test("a calibration's error is that over seeds, whose runs err alike", () => {
  let alone = 0;
  let together = 0;
  const trials = 400;
  for (let trial = 0; trial < trials; trial++) {
    const random = mulberry(trial + 1);
    const [direct, reading, seeds] = [[], [], []] as number[][];
    for (let seed = 0; seed < 8; seed++) {
      const own = 0.05 * normal(random);
      for (let run = 0; run < 10; run++) {
        const x = 1 + random();
        direct.push(x);
        reading.push(x * (1 + own + 0.01 * normal(random)));
        seeds.push(seed);
      }
    }
    const off = (groups?: number[]) => {
      const { slope, slopeError } = calibrate(direct, reading, groups);
      return Math.abs(slope - 1) > 2 * slopeError;
    };
    if (off()) alone++;
    if (off(seeds)) together++;
  }
  // Two standard errors hold 95 % of normal numbers, and 91 % where the error is known from eight seeds.
  expect(together / trials).toBeLessThan(0.15);
  expect(alone / trials).toBeGreaterThan(0.3);
});
