import { expect, test } from "vitest";
import type { Gpu } from "../../ts/backend/webgpu/gpu.js";
import { linearCells } from "../../ts/backend/webgpu/linearCells.js";
import { measurePeak } from "../../ts/backend/webgpu/measurePeak.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import { Streams } from "../../ts/random/streams.js";
import * as theory from "../../ts/theory/linear.js";
import { testGpu } from "../gpu.js";

const gpu = await testGpu();
const streams = new Streams(await loadKernels(), 4);

const WIDTH = 20;
const SAMPLES = 40;
const STEPS = 60;
const ETA = 0.05;
const SIGMAS = [0.1, 1, 3, 5, 8];

test.skipIf("none" in gpu)("a cell a thread goes the exact recursion's way", async () => {
  const alpha = 1 / Math.sqrt(WIDTH);
  const P = Float64Array.from(streams.draw("weights", 0, "normal", 0, WIDTH, 2));
  const w2 = Float64Array.from(streams.draw("weights", 1, "normal", 0, WIDTH, 1));
  const start = theory.reduce(P, w2);
  const x = streams.draw("data", 0, "normal", 0, SAMPLES, 1);
  const xi = Array.from({ length: STEPS }, (_, t) =>
    streams.draw("noise", 0, "normal", t, SAMPLES, 1),
  );
  const mean = (f: (i: number) => number) =>
    Array.from({ length: SAMPLES }, (_, i) => f(i)).reduce((a, b) => a + b) / SAMPLES;
  const moments = Float32Array.from(
    xi.flatMap((n) => [
      mean((i) => x[i] * x[i]),
      mean((i) => x[i] * n[i]),
      mean((i) => n[i] * n[i]),
      0,
      0,
      0,
    ]),
  );
  const cells = new Float32Array(14 * SIGMAS.length);
  SIGMAS.forEach((sigma, i) => {
    const [g11, g12, , g22] = start.G;
    [alpha, sigma, ETA * alpha, 1, g11, g12, g22, start.v[0], start.v[1], start.s].forEach(
      (value, row) => {
        cells[row * SIGMAS.length + i] = value;
      },
    );
  });
  const found = await linearCells(gpu as Gpu, cells, moments);
  SIGMAS.forEach((sigma, i) => {
    let state = start;
    let made = 0;
    let loss = 0;
    for (const n of xi) {
      const u = Float64Array.from({ length: 2 * SAMPLES }, (_, k) =>
        k % 2 ? sigma * n[k >> 1] : x[k >> 1],
      );
      const own = theory.momentsOf(u, x, Float64Array.of(1, 0));
      loss = theory.loss(state, own, alpha);
      if (!(loss <= 1e12)) break;
      state = theory.step(state, own, ETA, alpha);
      made++;
    }
    const at = (row: number) => found[row * SIGMAS.length + i];
    expect(Math.abs(at(13) - made), `steps at ${sigma}`).toBeLessThanOrEqual(made < STEPS ? 1 : 0);
    if (made < STEPS) return;
    // Some 30 roundings a step, of numbers as large as the state's largest, which the start is for these sigmas.
    const bound = 30 * STEPS * 2 ** -24 * Math.max(...start.G, start.s) * 4;
    expect(Math.abs(at(7) - state.v[0])).toBeLessThan(bound);
    expect(Math.abs(at(8) - state.v[1])).toBeLessThan(bound);
    expect(Math.abs(at(9) - state.s)).toBeLessThan(bound);
  });
  // More cells than there is room for go in parts, to the same numbers.
  expect(await linearCells(gpu as Gpu, cells, moments, 2)).toEqual(found);
  const last = SIGMAS.map((_, i) => found[13 * SIGMAS.length + i]);
  expect(last[0]).toBe(STEPS);
  expect(last[SIGMAS.length - 1]).toBeLessThan(STEPS);
});

test.skipIf("none" in gpu)("the arithmetic's peak is measured", async () => {
  const rate = await measurePeak(gpu as Gpu);
  expect(rate).toBeGreaterThan(1e7);
  expect(rate).toBeLessThan(1e16);
});
