import { expect, test } from "vitest";
import { targetReading } from "../../ts/train/sigma/targetReading.js";

const spec = { kind: "controller", hold: "kappa", target: 0.01, every: 1 } as const;
const point = (step: number, kappa: number) => ({ step, sigma: 1 + (step % 3), kappa, dose: 0 });

test("of 400,000 steps of a controller, the last half decides", () => {
  const points = Array.from({ length: 400_000 }, (_, i) => point(i, i < 200_000 ? 0.01 : 0.002));
  expect(targetReading(spec, points)).toEqual({
    median: 0.002,
    reached: false,
    why: "target 0.01 not reached: kappa stayed at 0.00200, with sigma from 1.00 to 3.00",
  });
  expect(targetReading(spec, points.reverse())).toEqual({ median: 0.01, reached: true, why: null });
});
