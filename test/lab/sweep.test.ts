import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bySigma, duration, logEnds, logTicks, middle } from "../../lab/maths/sweep/sweepFigure.js";
import type { SweptPoint } from "../../lab/maths/sweep/sweepJob.js";
import { edited, withSigma } from "../../lab/state/edit.js";
import { FIRST_STATE } from "../../lab/state/labState.js";
import { sweepInput, withSweepField } from "../../lab/state/sweepSpec.js";
import { sweepRuns } from "../../ts/experiment/sweep.js";

const { experiment, sweep } = FIRST_STATE;

const phase = fc.constantFrom("decoupled", "decay", "catapult", "divergent", "unclassified");
const point: fc.Arbitrary<SweptPoint> = fc
  .record({
    sigma: fc.constantFrom(1, 2, 4, 8),
    seed: fc.nat({ max: 3 }),
    phase,
    loss: fc.double({ min: 0 }),
  })
  .map((own) => ({
    ...own,
    ...{ reason: "", unperturbedLoss: own.loss, testLoss: own.loss, niwRatio: own.loss },
  })) as fc.Arbitrary<SweptPoint>;

describe("the sweep of the page", () => {
  it("has the runs that it says, in all groups the same sigma", () => {
    const two = edited(experiment, "noise", [{ layer: 0 }, { layer: 1, nodes: 3 }]);
    for (const own of [experiment, two]) {
      const runs = sweepRuns(sweepInput(own, { ...sweep, from: 1, to: 100, count: 3, seeds: 2 }));
      expect(runs.map((run) => run.experiment)).toEqual(
        [1, 10, 100].flatMap((sigma) => [1, 2].map((seed) => ({ ...withSigma(own, sigma), seed }))),
      );
    }
    expect(() => sweepInput({ ...experiment, noise: [] }, sweep)).toThrow(/^noise is empty/);
  });

  it.each([
    ["from", "fast", /^sweep\.from is "fast": takes a number/],
    ["from", 1000, /^sweep\.to is 300: takes a number above sweep\.from, 1000/],
    ["count", 2.5, /^sweep\.count is 2\.5: takes an integer/],
    ["seeds", 0, /^sweep\.seeds is 0/],
    ["machine", "abacus", /^sweep\.machine is "abacus": takes one of/],
  ] as const)("refuses %s %s", (field, value, message) => {
    expect(() => withSweepField(sweep, field, value)).toThrow(message);
  });
});

describe("the figure of a sweep", () => {
  it("groups runs by sigma, in order, and loses none", () => {
    fc.assert(
      fc.property(fc.array(point, { maxLength: 20 }), (points) => {
        const groups = bySigma(points);
        expect(groups.flatMap(({ runs }) => runs).length).toBe(points.length);
        expect(groups.map(({ sigma }) => sigma)).toEqual(
          [...new Set(points.map(({ sigma }) => sigma))].sort((a, b) => a - b),
        );
        for (const group of groups) {
          const count = (wanted: string) => group.runs.filter((run) => run.phase === wanted).length;
          const most = Math.max(...group.runs.map((run) => count(run.phase)));
          expect(count(group.phase)).toBe(most);
        }
      }),
    );
  });

  it("has an axis for whatever runs end with", () => {
    fc.assert(
      fc.property(fc.array(point, { maxLength: 20 }), (points) => {
        const ends = logEnds(points, ({ loss }) => loss);
        expect(ends[0]).toBeLessThan(ends[1]);
        const ticks = logTicks(ends);
        expect(ticks.length).toBeLessThan(12);
        for (const tick of ticks) expect(tick >= ends[0] && tick <= ends[1]).toBe(true);
      }),
    );
  });

  it("takes the middle of numbers, of which diverged ones are the largest", () => {
    expect(middle([3, 1, 2])).toBe(2);
    expect(middle([1, Number.NaN, 2])).toBe(2);
    expect(middle([])).toBeNaN();
    expect(duration(0.2)).toBe("less than a second");
    expect(duration(100)).toBe("2 min");
    expect(duration(8000)).toBe("2.2 h");
  });
});
