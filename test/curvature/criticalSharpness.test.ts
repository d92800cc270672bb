import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quadraticForm } from "../../ts/analysis/spectrum.js";
import { dot, squares } from "../../ts/analysis/vectors.js";
import { referenceMachine } from "../../ts/backend/reference.js";
import { criticalSharpness } from "../../ts/curvature/criticalSharpness.js";
import { CurvatureProbe } from "../../ts/curvature/curvatureProbe.js";
import { loadDataset } from "../../ts/data/load.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { Streams } from "../../ts/random/streams.js";
import { seededInputs } from "../../ts/train/inputs.js";
import { initialParameters } from "../../ts/train/parameters.js";
import { planOf } from "../../ts/train/plan.js";

/** `c + s eta + h/2 eta^2`. */
const parabola =
  (slope: number, curvature: number, at = 1) =>
  (eta: number) =>
    at + slope * eta + 0.5 * curvature * eta * eta;

describe("losses whose answer is known", () => {
  const exact = { rounding: 0 };

  test("a parabola: eta_c is twice the way to its lowest point", async () => {
    const found = await criticalSharpness(parabola(-3, 6), { ...exact, tolerance: 1e-9 });
    expect(found.step).toBeCloseTo(1, 8);
    expect(found.value).toBeCloseTo(2, 8);
    expect(found.reason).toBeNull();
  });

  test("a quadratic loss along its gradient: g.Hg / g.g, inside a bracket as wide as the tolerance", async () => {
    const entries = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
      minLength: 16,
      maxLength: 16,
    });
    const point = fc.array(fc.double({ min: 0.1, max: 1, noNaN: true }), {
      minLength: 4,
      maxLength: 4,
    });
    const search = fc.record({
      guess: fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
      tolerance: fc.constantFrom(0.5, 0.1, 1e-3),
    });
    await fc.assert(
      fc.asyncProperty(entries, point, search, async (a, x, options) => {
        // H = A A^T + 0.1 is positive, so the loss has a lowest point, 0.
        const H = (y: readonly number[]) =>
          y.map((own, i) => {
            let sum = 0.1 * own;
            for (let j = 0; j < 4; j++) {
              for (let k = 0; k < 4; k++) sum += a[4 * i + k] * a[4 * j + k] * y[j];
            }
            return sum;
          });
        const g = H(x);
        const form = dot(g, H(g)) / squares(g);
        const lossAt = (eta: number) => {
          const y = x.map((own, i) => own - eta * g[i]);
          return 0.5 * dot(y, H(y));
        };
        const { value, low, high } = await criticalSharpness(lossAt, { ...exact, ...options });
        const rounding = 1 + 1e-9;
        expect(low).toBeLessThan(form * rounding);
        expect(high).toBeGreaterThan(form / rounding);
        expect(Number(high) / Number(low)).toBeLessThan((1 + options.tolerance) * rounding);
        expect(value).toBeGreaterThan(Number(low));
        expect(value).toBeLessThan(Number(high));
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  test("a guess within a factor of two takes 6 passes at the default tolerance, or 5 with a known start", async () => {
    for (const guess of [0.51, 0.9, 1.1, 1.9]) {
      const steps: number[] = [];
      const lossAt = async (eta: number) => {
        steps.push(eta);
        return parabola(-1, 2)(eta);
      };
      const { passes, value } = await criticalSharpness(lossAt, { guess });
      expect(passes).toBe(6);
      expect(steps).toHaveLength(6);
      expect(Math.abs(Number(value) / 2 - 1)).toBeLessThan(0.05);
      expect((await criticalSharpness(parabola(-1, 2), { guess, start: 1 })).passes).toBe(5);
    }
  });

  test("a loss that is not finite counts as raised", async () => {
    for (const beyond of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const found = await criticalSharpness((eta) => (eta < 0.3 ? 1 - eta : beyond));
      expect(found.low).toBeLessThanOrEqual(2 / 0.3);
      expect(found.high).toBeGreaterThanOrEqual(2 / 0.3);
    }
  });
});

describe("directions without a critical step", () => {
  test.each([
    ["flat", parabola(0, 0)],
    ["falling on and on", parabola(-1, 0)],
    ["concave", parabola(-1, -1)],
  ])("%s: no step raises the loss, and the reason says so", async (_, lossAt) => {
    const found = await criticalSharpness(lossAt);
    expect(found).toMatchObject({ value: null, low: null, high: null, step: null });
    expect(found.reason).toMatch(/^no step up to 1073741824 raises the loss/);
    expect(found.passes).toBe(32);
  });

  test.each([
    ["against the slope", parabola(1, 1)],
    ["from the lowest point", parabola(0, 1)],
    ["not finite anywhere", (eta: number) => (eta === 0 ? 1 : Number.NaN)],
  ])("%s: even the smallest step raises the loss", async (_, lossAt) => {
    const found = await criticalSharpness(lossAt);
    expect(found.value).toBeNull();
    expect(found.reason).toMatch(/^even the smallest step that tells, .* raises the loss/);
  });

  test("rounding in float32 makes no bracket of a rise", async () => {
    // Every loss is off by up to one rounding, up or down.
    let sign = 1;
    const rough = (eta: number) => {
      sign = -sign;
      return Math.fround(parabola(1, 1, 2.3)(eta) + sign * 1.2e-7);
    };
    expect((await criticalSharpness(rough)).value).toBeNull();
  });
});

test("what it does not take", async () => {
  const fine = parabola(-1, 1);
  const failures: [object, string][] = [
    [{ guess: 0 }, "guess is 0"],
    [{ guess: Number.NaN }, "guess is NaN"],
    [{ tolerance: 2 }, "tolerance is 2"],
    [{ start: Number.POSITIVE_INFINITY }, "start is Infinity"],
    [{ rounding: -1 }, "rounding is -1"],
    [{ gues: 1 }, "did you mean guess"],
  ];
  for (const [options, message] of failures) {
    await expect(criticalSharpness(fine, options)).rejects.toMatchObject({
      name: "InputError",
      message: expect.stringContaining(message),
    });
  }
  const wrong = "0.5" as unknown as number;
  await expect(criticalSharpness(() => wrong)).rejects.toThrow(
    'lossAt(0) returned "0.5": takes a number',
  );
  await expect(criticalSharpness(3 as unknown as () => number)).rejects.toThrow("lossAt is 3");
  await expect(criticalSharpness(() => Number.NaN)).rejects.toMatchObject({
    name: "RunError",
    message: expect.stringContaining("the loss at step 0 is NaN"),
  });
});

test("a network's biases: the form of the mean local Hessian along their gradient, where that is small", async () => {
  const kernels = await loadKernels();
  const experiment = parseExperiment({
    network: { layers: [12, 9], activation: "tanh" },
    data: { name: "gaussian-mixture", inputs: 8, classes: 4, train: 200, test: 0 },
    noise: [],
    optimizer: { batchSize: 100 },
  });
  const streams = new Streams(kernels, experiment.seed);
  const data = await loadDataset(experiment.data, streams);
  const plan = planOf(experiment, data);
  const { network } = plan;
  const start = initialParameters(network, seededInputs(experiment, plan, streams));
  const layer = 1;
  const probe = await CurvatureProbe.open(referenceMachine(), network, layer, data);
  const biasesAt = async (bias: Float64Array) => {
    const biases = start.biases.map((own, l) => (l === layer ? bias : own));
    probe.load({ weights: start.weights, biases });
    return probe.gradient();
  };
  const bias = start.biases[layer];
  const { mean: g, loss } = await biasesAt(bias);
  const form = quadraticForm(g, await probe.shifted(g, "pointwise"));
  // A linear term leaves the gradient a small part of what it was, and the Hessian as it is. The critical step is then so short
  // that the loss along it is a parabola.
  const part = 1e-5;
  const lossAt = async (eta: number) => {
    const own = await biasesAt(bias.map((b, i) => b - eta * part * g[i]));
    return own.loss + (1 - part) * eta * part * squares(g);
  };
  const search = { start: loss, rounding: 0, tolerance: 1e-4 };
  const { low, high, passes } = await criticalSharpness(lossAt, search);
  probe.dispose();
  expect(form).toBeGreaterThan(0);
  // The third order moves it by no more than this.
  const third = 5e-4;
  expect(low).toBeLessThan(form * (1 + third));
  expect(high).toBeGreaterThan(form * (1 - third));
  expect(passes).toBeLessThan(40);
});
