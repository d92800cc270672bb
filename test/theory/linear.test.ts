import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  effectiveNiw,
  type LinearState,
  lambda,
  loss,
  momentsOf,
  niwNorm,
  populationMoments,
  reduce,
  step,
} from "../../ts/theory/linear.js";

/** Normal numbers from a small generator of the test's own. */
function normals(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

const drawn = (length: number, normal: () => number, scale = 1) =>
  Float64Array.from({ length }, () => scale * normal());

/** The model itself: `d` hidden units, gradient descent on every weight, written out unit by unit. */
class FullModel {
  constructor(
    readonly P: Float64Array,
    readonly w2: Float64Array,
    readonly n: number,
    readonly alpha: number,
  ) {}

  /** Output for one joint input. */
  output(u: Float64Array): number {
    let f = 0;
    for (let r = 0; r < this.w2.length; r++) {
      let h = 0;
      for (let i = 0; i < this.n; i++) h += this.P[r * this.n + i] * u[i];
      f += this.w2[r] * h;
    }
    return this.alpha * f;
  }

  /** One step; returns the loss before it. */
  train(u: Float64Array[], y: Float64Array, learningRate: number): number {
    const dP = new Float64Array(this.P.length);
    const dw2 = new Float64Array(this.w2.length);
    let total = 0;
    for (const [row, x] of u.entries()) {
      const error = this.output(x) - y[row];
      total += (0.5 * error * error) / y.length;
      for (let r = 0; r < this.w2.length; r++) {
        for (let i = 0; i < this.n; i++) {
          dP[r * this.n + i] += (error * this.alpha * this.w2[r] * x[i]) / y.length;
          dw2[r] += (error * this.alpha * this.P[r * this.n + i] * x[i]) / y.length;
        }
      }
    }
    for (let i = 0; i < dP.length; i++) this.P[i] -= learningRate * dP[i];
    for (let i = 0; i < dw2.length; i++) this.w2[i] -= learningRate * dw2[i];
    return total;
  }
}

interface Setting {
  width: number;
  inputs: number;
  nodes: number;
  rows: number;
  sigma: number;
  learningRate: number;
  steps: number;
  fresh: boolean;
  ntk: boolean;
}

/** Trains the model and its reduction side by side; returns the worst relative disagreements and the peak of the loss. */
function sideBySide(setting: Setting, seed = 1) {
  const { width, inputs, nodes, rows, sigma, learningRate, steps, fresh, ntk } = setting;
  const normal = normals(seed);
  const n = inputs + nodes;
  const alpha = ntk ? 1 / Math.sqrt(width) : 1;
  const scale = ntk ? 1 : 1 / Math.sqrt(width);
  const P = drawn(width * n, normal, scale);
  const w2 = drawn(width, normal, scale);
  let state = reduce(P, w2);
  const model = new FullModel(P, w2, n, alpha);
  const slopes = drawn(inputs, normal);
  const x = drawn(rows * inputs, normal);
  const y = Float64Array.from({ length: rows }, (_, r) =>
    slopes.reduce((sum, m, c) => sum + m * x[r * inputs + c], 0.1 * normal()),
  );
  const target = Float64Array.of(...slopes, ...new Float64Array(nodes));
  const start = lambda(state, inputs, alpha);
  let eps = drawn(rows * nodes, normal, sigma);
  let lossError = 0;
  let stateError = 0;
  const losses: number[] = [];
  for (let t = 0; t < steps; t++) {
    if (fresh && t > 0) eps = drawn(rows * nodes, normal, sigma);
    const u = Array.from({ length: rows }, (_, r) =>
      Float64Array.of(
        ...x.subarray(r * inputs, (r + 1) * inputs),
        ...eps.subarray(r * nodes, (r + 1) * nodes),
      ),
    );
    const moments = momentsOf(Float64Array.from(u.flatMap((row) => [...row])), y, target);
    const expected = loss(state, moments, alpha);
    state = step(state, moments, learningRate, alpha);
    const actual = model.train(u, y, learningRate);
    losses.push(actual);
    lossError = Math.max(lossError, Math.abs(expected / actual - 1));
    stateError = Math.max(stateError, difference(state, reduce(model.P, model.w2)));
  }
  return { lossError, stateError, losses, kappa: learningRate * sigma ** 2 * start };
}

/** The largest difference of two states, each part relative to its own largest number. */
function difference(a: LinearState, b: LinearState): number {
  const relative = (p: Float64Array, q: Float64Array) =>
    Math.max(...p.map((value, i) => Math.abs(value - q[i]))) / Math.max(...q.map(Math.abs));
  return Math.max(
    relative(a.G, b.G),
    relative(a.v, b.v),
    relative(Float64Array.of(a.s), Float64Array.of(b.s)),
  );
}

const SETTING: Setting = {
  width: 40,
  inputs: 1,
  nodes: 1,
  rows: 60,
  sigma: 1,
  learningRate: 0.05,
  steps: 300,
  fresh: true,
  ntk: true,
};

describe("the reduction is the model", () => {
  // Every step rounds sums of `width` and of `rows` terms, on both sides, and what went before is carried along;
  // through a catapult it grows as the loss does. The loss is of second order in the distance that is left, so
  // its relative error is larger by the ratio of the target to that distance: at most 10 for this label noise.
  const bound = ({ steps, width, rows }: Setting) => steps * (width + rows) * 2 ** -53;

  test.each<[string, Partial<Setting>]>([
    ["decay, fresh noise", {}],
    ["decay, fixed noise", { fresh: false }],
    ["standard parametrisation", { ntk: false, learningRate: 0.1 }],
    ["three inputs, two nodes", { inputs: 3, nodes: 2 }],
    ["three inputs, two nodes, fixed, standard", { inputs: 3, nodes: 2, fresh: false, ntk: false }],
    ["one unit", { width: 1, steps: 100 }],
  ])("%s", (_, changes) => {
    const setting = { ...SETTING, ...changes };
    const { lossError, stateError } = sideBySide(setting);
    expect(stateError).toBeLessThan(bound(setting));
    expect(lossError).toBeLessThan(10 * bound(setting));
  });

  test.each<[string, Partial<Setting>]>([
    ["one input, one node", { sigma: 5.2 }],
    ["one input, one node, fixed noise", { sigma: 5.2, fresh: false }],
    ["three inputs, two nodes", { sigma: 5.5, inputs: 3, nodes: 2 }],
  ])("through a catapult: %s", (_, changes) => {
    const setting = { ...SETTING, ...changes };
    const { lossError, stateError, losses, kappa } = sideBySide(setting);
    const peak = Math.max(...losses) / losses[0];
    expect(kappa).toBeGreaterThan(2);
    expect(peak).toBeGreaterThan(2);
    expect(losses[losses.length - 1]).toBeLessThan(losses[0]);
    expect(stateError).toBeLessThan(bound(setting) * peak);
    expect(lossError).toBeLessThan(10 * bound(setting) * peak);
  });

  test("out to divergence", () => {
    const setting = { ...SETTING, sigma: 9, steps: 6 };
    const { lossError, losses, kappa } = sideBySide(setting);

    expect(kappa).toBeGreaterThan(4);
    expect(losses[5] / losses[0]).toBeGreaterThan(1e6);
    // The loss grows as its cube, and a relative error threefold, every step.
    expect(lossError).toBeLessThan(3 ** 6 * (setting.width + setting.rows) * 2 ** -53);
  });
});

describe("identities", () => {
  type Batch = Pick<Setting, "width" | "inputs" | "nodes" | "sigma" | "learningRate"> & {
    seed: number;
  };
  const settings: fc.Arbitrary<Batch> = fc.record({
    seed: fc.integer({ min: 0, max: 2 ** 31 }),
    width: fc.integer({ min: 1, max: 12 }),
    inputs: fc.integer({ min: 1, max: 3 }),
    nodes: fc.integer({ min: 1, max: 3 }),
    sigma: fc.double({ min: 0, max: 5, noNaN: true }),
    learningRate: fc.double({ min: 1e-3, max: 0.5, noNaN: true }),
  });

  /** Random weights and a random batch. */
  function start({ seed, width, inputs, nodes, sigma }: Batch) {
    const normal = normals(seed);
    const n = inputs + nodes;
    const P = drawn(width * n, normal);
    const w2 = drawn(width, normal);
    const rows = 8;
    const u = Float64Array.from(
      { length: rows * n },
      (_, i) => (i % n < inputs ? 1 : sigma) * normal(),
    );
    return { n, P, w2, u, y: drawn(rows, normal), alpha: 1 / Math.sqrt(width) };
  }

  test("G, v and s stay what they are made of: P' = P - w2 b^T, w2' = w2 - P b", () => {
    fc.assert(
      fc.property(settings, (setting) => {
        const { P, w2, u, y, n, alpha } = start(setting);
        const moved = step(reduce(P, w2), momentsOf(u, y), setting.learningRate, alpha);
        const model = new FullModel(P, w2, n, alpha);
        model.train(
          Array.from(y, (_, r) => u.slice(r * n, (r + 1) * n)),
          y,
          setting.learningRate,
        );
        const expected = reduce(model.P, model.w2);
        // s' = |w2'|^2 is a difference of terms that may be much larger than it: bounded by their size.
        const size = Math.max(...expected.G.map(Math.abs), expected.s, ...P.map((p) => p * p));
        const all = (s: LinearState) => [...s.G, ...s.v, s.s];
        const before = reduce(P, w2);
        const scale = Math.max(size, before.s, ...before.G.map(Math.abs));
        all(moved).forEach((value, i) => {
          expect(Math.abs(value - all(expected)[i])).toBeLessThan(1e-11 * scale);
        });
      }),
    );
  });

  test("a turn of the hidden units changes nothing", () => {
    fc.assert(
      fc.property(settings, fc.double({ min: -3, max: 3, noNaN: true }), (setting, angle) => {
        const width = Math.max(2, setting.width);
        const { P, w2, n } = start({ ...setting, width });
        const before = reduce(P, w2);
        const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
        const turned = (values: Float64Array, stride: number) => {
          for (let i = 0; i < stride; i++) {
            const [a, b] = [values[i], values[stride + i]];
            values[i] = cos * a - sin * b;
            values[stride + i] = sin * a + cos * b;
          }
        };
        turned(P, n);
        turned(w2, 1);
        const after = reduce(P, w2);
        const scale = Math.max(before.s, ...before.G.map(Math.abs));
        for (const [i, g] of after.G.entries()) {
          expect(Math.abs(g - before.G[i])).toBeLessThan(1e-14 * scale);
        }
        for (const [i, g] of after.v.entries()) {
          expect(Math.abs(g - before.v[i])).toBeLessThan(1e-14 * scale);
        }
        expect(Math.abs(after.s - before.s)).toBeLessThan(1e-14 * scale);
      }),
    );
  });

  test("the balance tr G - s of the two layers moves by the square of the step alone", () => {
    // Gradient flow keeps it: the terms of first order in `G'` and `s'` cancel.
    fc.assert(
      fc.property(settings, (setting) => {
        const { P, w2, u, y, n, alpha } = start(setting);
        const state = reduce(P, w2);
        const moments = momentsOf(u, y);
        const balance = ({ G, s }: LinearState) =>
          G.reduce((sum, g, at) => (at % (n + 1) === 0 ? sum + g : sum), 0) - s;
        const drift = (eta: number) => balance(step(state, moments, eta, alpha)) - balance(state);
        const scale = Math.max(state.s, ...state.G.map(Math.abs));
        const eta = setting.learningRate;
        expect(Math.abs(drift(eta) - 4 * drift(eta / 2))).toBeLessThan(
          1e-12 * (scale + Math.abs(drift(eta))),
        );
      }),
    );
  });

  test("the loss does not depend on the map that the moments are relative to", () => {
    fc.assert(
      fc.property(settings, (setting) => {
        const { P, w2, u, y, n, alpha } = start(setting);
        const state = reduce(P, w2);
        const target = drawn(n, normals(setting.seed + 1));
        const [plain, relative] = [momentsOf(u, y), momentsOf(u, y, target)];
        const expected = loss(state, plain, alpha);
        const scale = 1 + expected + loss(state, relative, alpha) + relative.rr;
        expect(Math.abs(loss(state, relative, alpha) - expected)).toBeLessThan(1e-12 * scale);
        const a = step(state, plain, setting.learningRate, alpha);
        const b = step(state, relative, setting.learningRate, alpha);
        const size = Math.max(state.s, a.s, ...a.G.map(Math.abs), ...state.G.map(Math.abs));
        for (const [i, g] of a.G.entries()) {
          expect(Math.abs(g - b.G[i])).toBeLessThan(1e-11 * size * scale);
        }
      }),
    );
  });
});

describe("in population", () => {
  const alpha = 0.1;
  const start = reduce(drawn(200, normals(5)), drawn(100, normals(6)));
  const run = (state: LinearState, sigma: number, eta: number, steps: number) => {
    const moments = populationMoments([1], 1, sigma, 1);
    for (let t = 0; t < steps; t++) state = step(state, moments, eta, alpha);
    return state;
  };

  test("moments are those of infinitely many samples", () => {
    const { S, q, rr, target } = populationMoments([2, -1], 3, 0.5, 1);
    expect([...S]).toEqual([9, 0, 0, 0, 9, 0, 0, 0, 0.25]);
    expect([[...q], rr, [...target]]).toEqual([[0, 0, 0], 0, [2, -1, 0]]);
  });

  test("once the data are learnt, a weak effective noise weight falls by 1 - eta sigma^2 lambda a step", () => {
    const learnt = run(start, 0, 0.05, 2000);
    const [sigma, eta] = [0.02, 0.05];
    const rate = eta * sigma ** 2 * lambda(learnt, 1, alpha);
    const after = run(learnt, sigma, eta, 1);
    const [from] = effectiveNiw(learnt, 1, alpha);
    const [to] = effectiveNiw(after, 1, alpha);
    // What is left is the term of second order in the step, eta^2 alpha^2 (v.e) e.
    expect(Math.abs(1 - to / from - rate) / rate).toBeLessThan(
      eta * sigma ** 2 * from ** 2 * alpha ** 2 + 1e-9,
    );
  });

  test("the noise weights' component along a frozen w2 falls by 1 - eta sigma^2 alpha^2 s a step", () => {
    // W_NI' = W_NI - eta alpha^2 sigma^2 (w2.W_NI) w2: seen in the norm when W_NI lies along w2.
    const w2 = drawn(50, normals(7));
    const P = Float64Array.from({ length: 100 }, (_, i) => (i % 2 ? 1e-4 * w2[i >> 1] : 0));
    const state = reduce(P, w2);
    const [sigma, eta] = [1, 0.05];
    const after = step(state, populationMoments([0], 1, sigma, 1), eta, alpha);
    const rate = eta * sigma ** 2 * alpha ** 2 * state.s;
    expect(niwNorm(after, 1) / niwNorm(state, 1)).toBeCloseTo(1 - rate, 12);
  });

  test("small steps are gradient flow: halving the step halves the distance from it", () => {
    const end = (steps: number) => run(start, 1.5, 4 / steps, steps).v[1];
    const [coarse, middle, fine] = [end(400), end(800), end(1600)];
    expect((coarse - middle) / (middle - fine)).toBeGreaterThan(1.9);
    expect((coarse - middle) / (middle - fine)).toBeLessThan(2.1);
  });

  test("kappa below 2 never overshoots, above 2 it does and lands where eta sigma^2 lambda < 2", () => {
    const eta = 0.05;
    for (const kappa of [1.5, 1.9, 2.2, 2.6, 3]) {
      const sigma = Math.sqrt(kappa / (eta * lambda(start, 1, alpha)));
      const moments = populationMoments([1], 1, sigma, 1);
      const losses: number[] = [];
      let state = start;
      for (let t = 0; t < 2000; t++) {
        losses.push(loss(state, moments, alpha));
        state = step(state, moments, eta, alpha);
      }
      const overshoot = Math.max(...losses) / losses[0];
      if (kappa < 2) expect(overshoot).toBe(1);
      else expect(overshoot).toBeGreaterThan(1.5);
      expect(losses[1999]).toBeLessThan(1e-12 * losses[0]);
      expect(eta * sigma ** 2 * lambda(state, 1, alpha)).toBeLessThan(2);
    }
  });
});

describe("readings", () => {
  test("are those of the weights", () => {
    const normal = normals(9);
    const [width, n, alpha] = [7, 5, 0.4];
    const P = drawn(width * n, normal);
    const w2 = drawn(width, normal);
    const state = reduce(P, w2);
    let square = 0;
    const along = [0, 0];
    for (let r = 0; r < width; r++) {
      for (let m = 0; m < 2; m++) {
        square += P[r * n + 3 + m] ** 2;
        along[m] += alpha * w2[r] * P[r * n + 3 + m];
      }
    }
    expect(niwNorm(state, 3)).toBeCloseTo(Math.sqrt(square), 13);
    effectiveNiw(state, 3, alpha).forEach((value, m) => {
      expect(value).toBeCloseTo(along[m], 13);
    });
    const s = w2.reduce((sum, w) => sum + w * w, 0);
    expect(lambda(state, 3, alpha)).toBeCloseTo(alpha ** 2 * (s + square), 13);
  });

  test("a run that has left the finite range is seen to have", () => {
    const moments = populationMoments([1], 1, 1e3, 1);
    let state = reduce(Float64Array.of(1, 1), Float64Array.of(1));
    let t = 0;
    while (Number.isFinite(loss(state, moments, 1)) && t < 100) {
      state = step(state, moments, 1, 1);
      t++;
    }
    expect(t).toBeLessThan(10);
  });
});
