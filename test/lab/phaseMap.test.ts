import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAP_RATES, MAP_SIGMAS } from "../../lab/maths/linearSigmas.js";
import { mapShare } from "../../lab/maths/mapShare.js";
import { COARSE, cellAt, cellsOf, everyNth, joined, thinned } from "../../lab/maths/phaseMap.js";
import { linearCell } from "../../lab/state/defaults.js";
import { FIRST_STATE, type MapSpec } from "../../lab/state/labState.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { runLinearEnsemble } from "../../ts/linear/linearEnsemble.js";

const kernels = await loadKernels();

/** A map that several workers make together. */
async function mapOf(model: MapSpec, stride: number, of: number) {
  const parts = Array.from({ length: of }, (_, part) =>
    mapShare(kernels, model, { stride, part, of, backend: "wasm" }),
  );
  return joined(await Promise.all(parts));
}

/** The same cells with their evidence. */
async function judged(model: MapSpec, stride: number) {
  const cells = await runLinearEnsemble(
    {
      experiment: linearCell(model, model.seed, 1, 0.05),
      sigmas: everyNth(MAP_SIGMAS, stride),
      learningRates: everyNth(MAP_RATES, stride),
      seeds: [model.seed],
      precision: "float32",
    },
    { kernels },
  );
  return cells.map(({ sigma, learningRate, phase, kappa, lossStart, lossMax, lossEnd, steps }) => ({
    ...{ sigma, learningRate, phase, kappa, lossStart, lossMax, lossEnd, steps },
  }));
}

describe("the phase map", () => {
  it("is made of the phases that the library's ensemble finds, whatever the model and the workers", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          width: fc.integer({ min: 2, max: 300 }),
          samples: fc.integer({ min: 2, max: 300 }),
          steps: fc.integer({ min: 2, max: 250 }),
          seed: fc.nat({ max: 50 }),
        }),
        fc.integer({ min: 1, max: 5 }),
        async (model, of) => {
          const map = await mapOf(model, 2 * COARSE, of);
          expect(cellsOf(map)).toEqual(await judged(model, 2 * COARSE));
        },
      ),
      { numRuns: 20, seed: 3 },
    );
  });

  it("has its coarse cells among the whole map's, each where it lies", async () => {
    const [whole, coarse] = await Promise.all([
      mapOf(FIRST_STATE.map, 1, 2),
      mapOf(FIRST_STATE.map, COARSE, 2),
    ]);
    expect(whole.phases.length).toBe(256 * 256);
    expect(new Set(whole.phases).size).toBeGreaterThan(3);
    expect(thinned(whole)).toEqual(cellsOf(coarse));
    for (const [column, row] of [
      [0, 0],
      [255, 0],
      [17, 200],
      [255, 255],
    ]) {
      const fine = cellAt(whole, column, row);
      expect([fine.sigma, fine.learningRate]).toEqual([MAP_SIGMAS[column], MAP_RATES[row]]);
      const wide = cellAt(coarse, column, row);
      expect(Math.abs(Math.log(wide.sigma / fine.sigma))).toBeLessThan(
        (COARSE * Math.log(1000)) / 255,
      );
    }
  });
});
