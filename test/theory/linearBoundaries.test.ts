import { describe, expect, test } from "vitest";
import { type LinearState, lambda, loss, populationMoments, step } from "../../ts/theory/linear.js";
import { linearBoundaries } from "../../ts/theory/linearBoundaries.js";

/** A balanced start, `|w2| = |W_NI| = |w1|`, all but orthogonal, in the NTK parametrisation. */
const WIDTH = 100;
const alpha = 1 / Math.sqrt(WIDTH);
const start: LinearState = {
  G: Float64Array.of(WIDTH, 0, 0, WIDTH),
  v: Float64Array.of(0, 1),
  s: WIDTH,
};
const eta = 0.05;
const steps = 2000;
const { decay, catapult, divergent } = linearBoundaries(eta, steps, lambda(start, 1, alpha));

function run(sigma: number) {
  const moments = populationMoments([0], 1, sigma, 1);
  const losses: number[] = [];
  let state = start;
  for (let t = 0; t < steps && (t === 0 || losses[t - 1] < 1e100); t++) {
    losses.push(loss(state, moments, alpha));
    state = step(state, moments, eta, alpha);
  }
  return { overshoot: Math.max(...losses) / losses[0], losses };
}

describe("boundaries of the linear model", () => {
  test("solve the equations that define them", () => {
    expect((1 - eta * decay ** 2 * lambda(start, 1, alpha)) ** steps).toBeCloseTo(Math.exp(-1), 12);
    expect(eta * catapult ** 2 * lambda(start, 1, alpha)).toBeCloseTo(2, 12);
    expect(eta * divergent ** 2 * lambda(start, 1, alpha)).toBeCloseTo(4, 12);
  });

  test("at the decay boundary the effective noise weight falls by a factor e", () => {
    const moments = populationMoments([0], 1, decay, 1);
    let state = start;
    for (let t = 0; t < steps; t++) state = step(state, moments, eta, alpha);
    expect(Math.abs(Math.log(start.v[1] / state.v[1]) - 1)).toBeLessThan(0.01);
  });

  test("population dynamics overshoots from the catapult boundary on, not below it", () => {
    expect(run(0.98 * catapult).overshoot).toBe(1);
    expect(run(1.05 * catapult).overshoot).toBeGreaterThan(2);
    expect(run(1.05 * catapult).losses.at(-1)).toBeLessThan(1e-12);
  });

  test("and comes back from below the divergent one, not from above", () => {
    expect(run(0.95 * divergent).losses.at(-1)).toBeLessThan(1e-12);
    expect(run(1.05 * divergent).losses.at(-1)).toBeGreaterThan(1e100);
  });
});
