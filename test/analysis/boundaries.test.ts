import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { measuredBoundaries } from "../../ts/analysis/boundaries.js";
import { PHASES, type Phase } from "../../ts/analysis/phase.js";

const along = (phases: string) =>
  [...phases].map((letter, i) => ({
    sigma: 2 ** i,
    phase: { o: "decoupled", d: "decay", c: "catapult", x: "divergent", u: "unclassified" }[
      letter
    ] as Phase,
  }));

describe("boundaries along sigma", () => {
  test("lie in the geometric middle between neighbours of different phase", () => {
    expect(measuredBoundaries(along("oodddcxx"))).toEqual({
      decay: { measured: Math.sqrt(2 * 4), bracket: [2, 4], wrongSide: 0, misplaced: 0 },
      catapult: { measured: Math.sqrt(16 * 32), bracket: [16, 32], wrongSide: 0, misplaced: 0 },
      divergent: { measured: Math.sqrt(32 * 64), bracket: [32, 64], wrongSide: 0, misplaced: 0 },
    });
  });

  test("are null where the sweep does not cross them", () => {
    const { decay, catapult, divergent } = measuredBoundaries(along("dddcc"));
    expect(decay.measured).toBe(null);
    expect(catapult.measured).toBe(Math.sqrt(4 * 8));
    expect(divergent.measured).toBe(null);
    expect(measuredBoundaries([]).catapult).toEqual({
      measured: null,
      bracket: null,
      wrongSide: 0,
      misplaced: 0,
    });
  });

  test("a missing phase puts two boundaries in one place", () => {
    const { catapult, divergent } = measuredBoundaries(along("oddxx"));
    expect(catapult).toEqual(divergent);
  });

  test("one run out of place is outvoted, and counted", () => {
    const { decay } = measuredBoundaries(along("ooododdddd"));
    expect(decay.bracket).toEqual([4, 32]);
    expect(decay).toMatchObject({ wrongSide: 1, misplaced: 0.1 });
  });

  test("unclassified runs and sigma 0 have no say", () => {
    const runs = [...along("oudd"), { sigma: 0, phase: "divergent" as Phase }];
    expect(measuredBoundaries(runs).decay.bracket).toEqual([1, 4]);
  });

  test("a clean sweep is split without error, whatever its order", () => {
    const counts = fc.tuple(...PHASES.map(() => fc.integer({ min: 1, max: 5 })));
    fc.assert(
      fc.property(counts, fc.infiniteStream(fc.nat()), (lengths, keys) => {
        const phases = lengths.flatMap((n, rank) => new Array<Phase>(n).fill(PHASES[rank]));
        const runs = phases
          .map((phase, i) => ({ sigma: 1.3 ** i, phase, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key);
        const found = measuredBoundaries(runs);
        for (const name of ["decay", "catapult", "divergent"] as const) {
          const at = phases.indexOf(name);
          expect(found[name].misplaced).toBe(0);
          expect(found[name].bracket).toEqual([1.3 ** (at - 1), 1.3 ** at]);
        }
      }),
    );
  });

  test("are the fit that never falls with sigma and misses the phases by the fewest ranks", () => {
    const NAMES = ["decay", "catapult", "divergent"] as const;
    const runs = fc.array(
      fc.record({ at: fc.integer({ min: 0, max: 4 }), rank: fc.integer({ min: 0, max: 3 }) }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(runs, (given) => {
        const found = measuredBoundaries(
          given.map(({ at, rank }) => ({ sigma: 2 ** at, phase: PHASES[rank] })),
        );
        const missed = NAMES.reduce((sum, name) => sum + found[name].wrongSide, 0);
        // Every sequence of ranks that never falls, over the five values of sigma.
        let fewest = Number.POSITIVE_INFINITY;
        const tried = (fit: number[]) => {
          if (fit.length === 5) {
            const ranks = given.reduce((sum, run) => sum + Math.abs(run.rank - fit[run.at]), 0);
            fewest = Math.min(fewest, ranks);
            return;
          }
          for (let rank = fit[fit.length - 1] ?? 0; rank <= 3; rank++) tried([...fit, rank]);
        };
        tried([]);
        expect(missed).toBe(fewest);
        const brackets = NAMES.flatMap((name) => found[name].bracket ?? []);
        const ends = [0, 1].map((end) => brackets.filter((_, i) => i % 2 === end));
        for (const some of ends) expect(some).toEqual([...some].sort((a, b) => a - b));
      }),
      { numRuns: 300 },
    );
  });
});
