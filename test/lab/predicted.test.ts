import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { driftThrough } from "../../lab/maths/predicted/driftThrough.js";
import {
  driftCurves,
  exactCurves,
  whyUnpredictable,
} from "../../lab/maths/predicted/predictedCurves.js";
import { type StillCurvature, stillCurvature } from "../../lab/maths/predicted/stillCurvature.js";
import { FIRST_EXPERIMENT, LINEAR, linearCell } from "../../lab/state/defaults.js";
import { edited, withSigma } from "../../lab/state/edit.js";
import { withGroup } from "../../lab/state/noiseControls.js";
import { train } from "../../ts/entries/browser.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { niwSquare } from "../../ts/theory/drift.js";

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });

/** Symmetric 2 x 2 matrices whose steps do not explode. */
const hessian = fc
  .tuple(number(-0.2, 1), number(-0.2, 1), number(-0.2, 0.2))
  .map(([a, b, c]) => Float64Array.of(a, c, c, b));
const covariance = fc
  .tuple(number(0, 1), number(0, 1))
  .map(([a, b]) => Float64Array.of(a, 0, 0, b));

const still = fc.record({
  width: fc.constant(2),
  batch: fc.integer({ min: 1, max: 20 }),
  steps: fc.constant(40),
  niw: fc.tuple(number(0.5, 1), number(-1, 1)).map((w) => Float64Array.from(w)),
  moments: fc.tuple(hessian, covariance, hessian, covariance).map(([h0, g0, h1, g1]) => [
    { step: 0, hessian: h0, gradientSquares: g0 },
    { step: 24, hessian: h1, gradientSquares: g1 },
  ]),
});

/** The same in plain loops, step by step, with the curvature of the middle of each quarter. */
function stepByStep({ niw, moments: [a, b], batch }: StillCurvature, rate: number, kick: number) {
  const product = (X: number[], Y: number[]) => [
    X[0] * Y[0] + X[1] * Y[2],
    X[0] * Y[1] + X[1] * Y[3],
    X[2] * Y[0] + X[3] * Y[2],
    X[2] * Y[1] + X[3] * Y[3],
  ];
  const [w, v] = niw;
  let C = [w * w, w * v, w * v, v * v];
  let M = [w, v];
  const found: { norm: number; memory: number }[] = [];
  const square = w * w + v * v;
  for (let t = 0; t < 24; t++) {
    found.push({
      norm: Math.sqrt((C[0] + C[3]) / square),
      memory: (M[0] * w + M[1] * v) / square,
    });
    const part = (Math.floor(t / 6) + 0.5) / 4;
    const H = Array.from(a.hessian, (x, i) => x + part * (b.hessian[i] - x));
    const G = Array.from(a.gradientSquares, (x, i) => x + part * (b.gradientSquares[i] - x));
    const R = [1 - rate * H[0], -rate * H[1], -rate * H[2], 1 - rate * H[3]];
    C = product(product(R, C), R).map((x, i) => x + (kick * G[i]) / batch);
    M = [R[0] * M[0] + R[1] * M[1], R[2] * M[0] + R[3] * M[1]];
  }
  return found;
}

describe("curves that theory expects", () => {
  it("the drift through changing curvatures is what plain steps make", () => {
    fc.assert(
      fc.property(still, number(0.1, 1), (curvature, sigma) => {
        const noise = { learningRate: 0.5, sigma, nodes: 1, batch: curvature.batch };
        const { step, niwNorm, memory } = driftThrough(curvature, noise);
        const wanted = stepByStep(curvature, 0.5 * sigma ** 2, (0.5 * sigma) ** 2);
        for (const [i, t] of step.entries()) {
          if (t >= 24) continue;
          expect(niwNorm[i]).toBeCloseTo(wanted[t].norm, 9);
          expect(memory[i]).toBeCloseTo(wanted[t].memory, 9);
        }
      }),
      { numRuns: 200, seed: 4 },
    );
  });

  it("at one curvature it is the library's closed form", () => {
    const niw = Float64Array.of(0.6, 0.8);
    const at = (step: number) => ({
      step,
      hessian: Float64Array.of(0.5, 0, 0, 0.1),
      gradientSquares: Float64Array.of(0.3, 0, 0, 0.2),
    });
    const noise = { learningRate: 0.1, sigma: 1.5, batch: 4, nodes: 1 };
    const curvature = { width: 2, batch: 4, steps: 100, niw, moments: [at(0), at(60)] };
    const { step, niwNorm } = driftThrough(curvature, noise);
    const weights = {
      curvatures: [0.5, 0.1],
      squares: [0.36, 0.64],
      gradientSquares: [0.3, 0.2],
      nodes: 1,
    };
    for (const [i, t] of step.entries()) {
      const { drift, floor } = niwSquare(weights, noise, t);
      expect(niwNorm[i]).toBeCloseTo(Math.sqrt(drift + floor), 9);
    }
  });

  it("a network's memory follows the expansion where the noise is weak", async () => {
    const kernels = await loadKernels();
    const short = edited(withSigma(FIRST_EXPERIMENT, 0.5), "steps", 120);
    const curvature = (await stillCurvature(short, kernels)) as StillCurvature;
    const expected = driftCurves(short, curvature);
    const { trajectory } = await train(short, { backend: "wasm", kernels });
    for (const [i, t] of expected?.step.entries() ?? []) {
      // Over the whole run the memory falls to 0.98, and half of that fall is far from the error allowed.
      expect(Math.abs((expected?.memory[i] ?? 0) - trajectory.steps.memory[t])).toBeLessThan(0.008);
    }
  });

  it("the linear model's are its run, to the rounding of float32", async () => {
    const kernels = await loadKernels();
    const cell = linearCell({ ...LINEAR, steps: 60 }, 1, 2, 0.05);
    const exact = exactCurves(cell, kernels);
    const { trajectory } = await train(cell, { backend: "wasm", kernels });
    expect(exact?.step.length).toBe(60);
    for (const t of [0, 1, 10, 30]) {
      expect((exact?.loss[t] ?? 0) / trajectory.steps.loss[t]).toBeCloseTo(1, 3);
      expect((exact?.lambda[t] ?? 0) / (trajectory.steps.kappa[t] / 0.2)).toBeCloseTo(1, 4);
    }
    expect(exactCurves(FIRST_EXPERIMENT, kernels)).toBeNull();
  });

  it("are none where the theory says nothing", () => {
    const why = (...edits: [string, unknown][]) =>
      whyUnpredictable(
        edits.reduce((before, [field, value]) => edited(before, field, value), FIRST_EXPERIMENT),
      );
    expect(why()).toBeNull();
    expect(whyUnpredictable(withGroup(FIRST_EXPERIMENT))).toMatch(/on 2 layers/);
    expect(whyUnpredictable({ ...FIRST_EXPERIMENT, noise: [] })).toMatch(/no noise nodes/);
    expect(why(["optimizer.momentum", 0.9])).toMatch(/^momentum is 0\.9/);
    expect(why(["optimizer.weightDecay", 0.1])).toMatch(/^weight decay is 0\.1/);
    expect(why(["regularization.jacobian", 0.1])).toBeNull();
    expect(why(["regularization.jacobian", 0.1], ["network.activation", "tanh"])).toMatch(
      /^the penalty on the Jacobian moves the noise weights too/,
    );
    expect(why(["noise.0.schedule.kind", "cosine"])).toMatch(/changes with its schedule/);
  });
});
