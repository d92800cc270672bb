import fc from "fast-check";
import { expect, test } from "vitest";
import { driftPath } from "../../ts/theory/driftPath.js";

const positive = (max: number) => fc.double({ min: max / 1e3, max, noNaN: true });

test("the norm falls by the drift and rises by what diffusion added, whatever their sizes", () => {
  fc.assert(
    fc.property(
      positive(1e-2),
      positive(1e-3),
      fc.array(fc.tuple(positive(1), positive(10)), { minLength: 2, maxLength: 6 }),
      (sigma, learningRate, measured) => {
        const moments = measured.map(([curvature, gradientSquare], i) => ({
          step: 40 * i * i,
          curvature,
          square: curvature * curvature,
          gradientSquare,
          gradientAlong: 0,
        }));
        const noise = { learningRate, sigma, batch: 10, nodes: 3 };
        const { norm, deviation, diffused } = driftPath(moments, 0.5, noise);
        const last = moments.length - 1;
        // q is linear between the moments: a sum of steps from the left end is a trapezoid less half the rise.
        let drift = 0;
        for (let i = 1; i <= last; i++) {
          const [a, b] = [moments[i - 1], moments[i]];
          const steps = b.step - a.step;
          drift += (a.curvature * (steps + 1) + b.curvature * (steps - 1)) / 2;
        }
        drift *= learningRate * sigma * sigma;
        const risen = Math.log(norm[last] / norm[0]);
        expect(risen).toBeCloseTo(diffused[last] - drift, 9);
        expect(deviation[last]).toBe(0);
        expect(diffused[0]).toBe(0);
      },
    ),
  );
});

test("where nothing curves, diffusion alone is all that the norm does", () => {
  const still = { curvature: 0, square: 0, gradientSquare: 4, gradientAlong: 1 };
  const moments = [0, 100, 200].map((step) => ({ step, ...still }));
  const noise = { learningRate: 0.1, sigma: 2, batch: 50, nodes: 8 };
  const { norm, deviation } = driftPath(moments, 1, noise);
  // eta^2 sigma^2 m <|g|^2> / B = 0.0256 a step.
  expect(norm[2] ** 2).toBeCloseTo(1 + 200 * 0.0256, 12);
  expect(deviation[2]).toBeCloseTo(Math.sqrt(200 * ((4 * 0.04) / 50)) / (2 * norm[2]), 12);
});
