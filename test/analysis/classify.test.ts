import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { classify, judge, type Measured, type PhaseScales } from "../../ts/analysis/classify.js";
import type { Trajectory } from "../../ts/trajectory/trajectory.js";

const NETWORK: PhaseScales = {
  measure: "norm",
  niw: 0,
  loss: Math.log(10),
  constantLoss: Math.log(10),
  window: 1,
};

/** A trajectory whose curves are functions of the time from 0 to 1. */
function drawn(
  loss: (t: number) => number,
  niw: (t: number) => number,
  steps = 200,
  end = niw(1),
  memory = niw,
): Trajectory {
  const at = (f: (t: number) => number) =>
    Float64Array.from({ length: steps }, (_, k) => f(k / steps));
  const one = Float64Array.of(end);
  const none = new Float64Array(0);
  return {
    steps: {
      step: at((t) => t * steps),
      loss: at(loss),
      niwNorm: at(niw),
      effectiveNiw: none,
      kappa: none,
      memory: at(memory),
      kick: at(() => 0),
    },
    evaluations: {
      step: Float64Array.of(steps),
      epoch: one,
      unperturbedLoss: one,
      trainAccuracy: one,
      testLoss: one,
      testAccuracy: one,
      niwNorm: one,
      memory: Float64Array.of(memory(1)),
      effectiveNiw: one,
    },
  };
}

const learning = (t: number) => 2.3 * Math.exp(-5 * t);
const peak = (height: number) => (t: number) =>
  1 + (height - 1) * Math.exp(-(((t - 0.1) / 0.03) ** 2)) - 0.9 * t;

describe("a trajectory's phase", () => {
  test.each([
    ["noise weights that stay", drawn(learning, () => 1), "decoupled"],
    ["noise weights that fall a little", drawn(learning, (t) => Math.exp(-0.8 * t)), "decoupled"],
    ["noise weights that fall by more than e", drawn(learning, (t) => Math.exp(-3 * t)), "decay"],
    [
      "a loss that peaks and comes back",
      drawn(
        (t) => learning(t) * (t > 0.05 && t < 0.1 ? 5 : 1),
        (t) => Math.exp(-3 * t),
      ),
      "catapult",
    ],
    ["noise weights that peak and come back", drawn(learning, peak(1.5)), "catapult"],
    [
      "a loss that rises and stays",
      drawn(
        (t) => 2.3 + 10 * t,
        () => 1,
      ),
      "divergent",
    ],
    [
      "a loss that comes down to a constant prediction's",
      drawn(
        (t) => (t > 0 && t < 0.5 ? 50 : 2.29),
        () => 1,
      ),
      "divergent",
    ],
    [
      "a loss that is not finite",
      drawn(
        (t) => (t < 0.9 ? 1 : Number.NaN),
        () => 1,
      ),
      "divergent",
    ],
    [
      "noise weights that leave the finite range at the end",
      drawn(learning, () => 1, 200, Number.POSITIVE_INFINITY),
      "divergent",
    ],
    [
      "noise weights that grow and stay, while the loss falls",
      drawn(learning, (t) => 1 + t),
      "unclassified",
    ],
  ])("%s", (_, trajectory, phase) => {
    const evidence = classify(trajectory, NETWORK);
    expect(evidence.phase).toBe(phase);
    expect(evidence.reason.length).toBeGreaterThan(10);
  });

  test("a loss that begins below a constant prediction's by luck has not overshot above its start", () => {
    expect(
      classify(
        drawn(
          (t) => (t === 0 ? 0.5 : learning(t)),
          () => 1,
        ),
        NETWORK,
      ).phase,
    ).toBe("decoupled");
  });

  test("a noise weight that begins near zero by luck overshoots only its scale", () => {
    const effective = { ...NETWORK, measure: "effective" as const, niw: 1 };
    const trajectory = drawn(learning, () => 1);
    const grown = {
      ...trajectory,
      steps: {
        ...trajectory.steps,
        effectiveNiw: Float64Array.from({ length: 200 }, (_, k) => (k === 0 ? 1e-6 : 1)),
      },
    };
    expect(classify(grown, effective)).toMatchObject({
      phase: "decoupled",
      measure: "effective",
      niwOvershoot: 1,
    });
    expect(classify(grown, { ...effective, niw: 0 }).phase).not.toBe("decoupled");
  });

  test("one wild batch in small batches is no catapult", () => {
    const wild = (t: number) => learning(t) + (Math.abs(t - 0.5) < 0.001 ? 5 : 0);
    expect(
      classify(
        drawn(wild, () => 1),
        NETWORK,
      ).phase,
    ).toBe("catapult");
    expect(
      classify(
        drawn(wild, () => 1),
        { ...NETWORK, window: 5 },
      ).phase,
    ).toBe("decoupled");
  });

  test("nor is one kick at the end of a decay its end", () => {
    const kicked = (t: number) => Math.exp(-3 * t) * (t > 0.99 ? 12 : 1);
    const batches = { ...NETWORK, window: 5 };
    expect(classify(drawn(learning, kicked), NETWORK).phase).toBe("decoupled");
    const { phase, niwEnd } = classify(drawn(learning, kicked), batches);
    expect(phase).toBe("decay");
    expect(Math.abs(Math.log(niwEnd) + 3 * 0.95)).toBeLessThan(0.1);
  });

  describe("without noise weights that noise drives", () => {
    const alone: PhaseScales = { ...NETWORK, measure: "loss" };
    const none = () => 0;
    test.each([
      ["a loss that falls", drawn(learning, none), "decoupled"],
      [
        "a loss that overshoots 114-fold and ends above its start",
        drawn((t) => (t > 0 && t < 0.5 ? 2.3 * 114 : 2.3 + t), none),
        "divergent",
      ],
      [
        "a loss that peaks and comes back",
        drawn((t) => learning(t) * (t > 0.05 && t < 0.1 ? 5 : 1), none),
        "catapult",
      ],
      ["weights that stay while the loss falls", drawn(learning, () => 1), "decoupled"],
    ])("the loss alone is judged: %s", (_, trajectory, phase) => {
      const evidence = classify(trajectory, alone);
      expect(evidence).toMatchObject({ phase, measure: "loss", niwFall: Number.NaN });
      expect(evidence.reason).toContain("judged by the loss alone");
      expect(evidence.margin).toBeGreaterThan(0);
      expect(evidence.margin).toBeLessThan(10);
    });
  });

  test("the evidence holds the numbers themselves", () => {
    const evidence = classify(drawn(learning, peak(1.5)), NETWORK);
    expect(evidence.lossStart).toBe(2.3);
    expect(evidence.lossMax).toBe(2.3);
    expect(evidence.lossEnd).toBeCloseTo(learning(0.995), 12);
    expect(evidence.niwMax).toBeCloseTo(1.41, 12);
    expect(evidence.niwEnd).toBeCloseTo(0.1, 12);
    expect(evidence.niwFall).toBeCloseTo(Math.log(1.41 / 0.1), 12);
  });
});

const positive = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
const numbers: fc.Arbitrary<Measured> = fc
  .record({
    lossStart: positive,
    lossMore: positive,
    lossEnd: positive,
    niwStart: positive,
    niwMore: positive,
    niwEnd: positive,
  })
  .map(({ lossMore, niwMore, ...rest }) => ({
    ...rest,
    finite: true,
    lossMax: Math.max(rest.lossStart, rest.lossEnd, lossMore),
    niwMax: Math.max(rest.niwStart, rest.niwEnd, niwMore),
  }));

describe("the verdict over any numbers", () => {
  test("does not depend on the units of loss or of noise weights", () => {
    fc.assert(
      fc.property(
        numbers,
        fc.integer({ min: -8, max: 8 }),
        fc.integer({ min: -8, max: 8 }),
        (n, i, j) => {
          const [a, b] = [2 ** i, 2 ** j];
          const scaled = {
            finite: true,
            lossStart: a * n.lossStart,
            lossMax: a * n.lossMax,
            lossEnd: a * n.lossEnd,
            niwStart: b * n.niwStart,
            niwMax: b * n.niwMax,
            niwEnd: b * n.niwEnd,
          };
          const scales = {
            ...NETWORK,
            loss: a * NETWORK.loss,
            constantLoss: a * NETWORK.constantLoss,
          };
          expect(judge(scaled, scales).phase).toBe(judge(n, NETWORK).phase);
        },
      ),
    );
  });

  test("is what the thresholds say", () => {
    fc.assert(
      fc.property(numbers, (n) => {
        const { phase, lossOvershoot, niwOvershoot, niwFall } = judge(n, NETWORK);
        const overshot = lossOvershoot > 2 || niwOvershoot > 1.1;
        if (phase === "decay" || phase === "decoupled") {
          expect(overshot).toBe(false);
          expect(niwFall > 1).toBe(phase === "decay");
        } else {
          expect(overshot).toBe(true);
        }
        if (phase === "catapult" || phase === "unclassified") {
          expect(n.lossEnd).toBeLessThanOrEqual(0.95 * NETWORK.constantLoss);
        }
        if (phase === "unclassified") expect(n.niwEnd).toBeGreaterThan(n.niwStart);
      }),
    );
  });

  test("names the phase on the other side of a near threshold, and reaches it by a small change", () => {
    const base: Measured = {
      finite: true,
      lossStart: 2,
      lossMax: 2,
      lossEnd: 0.1,
      niwStart: 1,
      niwMax: 1,
      niwEnd: Math.exp(-1.1),
    };
    const near = judge(base, NETWORK);
    expect(near).toMatchObject({ phase: "decay", closeTo: "decoupled" });
    expect(near.margin).toBeCloseTo(0.1, 12);
    expect(judge({ ...base, niwEnd: Math.exp(-0.9) }, NETWORK).phase).toBe(near.closeTo);
    expect(judge({ ...base, niwEnd: Math.exp(-3) }, NETWORK).closeTo).toBe(null);
  });
});
