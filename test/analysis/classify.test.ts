import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { classify, judge } from "../../ts/analysis/classify.js";
import type { PhaseNumbers, PhaseScales } from "../../ts/analysis/phaseNumbers.js";
import type { Trajectory } from "../../ts/trajectory/trajectory.js";

const NETWORK: PhaseScales = {
  measure: "memory",
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
  kick: (t: number) => number = () => 0,
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
      kick: at(kick),
      dosePaid: none,
      doseBudget: none,
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
      dosePaid: one,
      doseBudget: one,
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

  describe("by the noise weights' memory of their start", () => {
    const batches: PhaseScales = { ...NETWORK, window: 5 };
    const fixed: PhaseScales = { ...batches, fixed: true };
    /** 200 kicks, at right angles to each other and to the start, which lengthen 1 to this. */
    const kicked = (to: number) => Math.sqrt((to ** 2 - 1) / 200);
    const forgets = (t: number) => Math.exp(-3 * t);
    const grows = (to: number) => (t: number) => Math.sqrt(1 + (to ** 2 - 1) * t);

    test("a norm on the floor of diffusion does not hide a decay", () => {
      const floor = (t: number) => Math.hypot(forgets(t), 0.45);
      const evidence = classify(drawn(learning, floor, 200, floor(1), forgets), batches);
      expect(evidence.niwFall).toBeLessThan(1);
      expect(evidence).toMatchObject({ phase: "decay", measure: "memory" });
      expect(evidence.memoryEnd).toBeCloseTo(Math.exp(-3 * 0.95), 2);
      expect(evidence.reason).toContain("memory of their start ends at 0.057");
    });

    test("an overshoot that kicks alone explain is none, and one beyond them is", () => {
      const peaks = (height: number) => (t: number) =>
        1 + (height - 1) * Math.exp(-(((t - 0.5) / 0.03) ** 2)) - 1.2 * Math.max(0, t - 0.5);
      const run = (height: number, kick: number) =>
        classify(
          drawn(learning, peaks(height), 200, 0.4, forgets, () => kick),
          batches,
        );
      // The peak is at 1.5 of the start; by then half of the kicks have been made.
      const half = (to: number) => Math.SQRT2 * kicked(to);
      expect(run(1.5, half(1.2))).toMatchObject({ phase: "catapult" });
      expect(run(1.5, half(1.6))).toMatchObject({ phase: "decay" });
      const { kickOvershoot, reason } = run(1.5, half(1.2));
      expect(kickOvershoot).toBeCloseTo(1.2, 2);
      expect(reason).toContain("kicks alone explain 1.2");
    });

    test("noise weights that batches kick outward are judged by what they remember, where units do not saturate", () => {
      const outward = (memory: (t: number) => number, saturation = 0) =>
        classify(
          drawn(learning, grows(1.5), 200, 1.5, memory, () => kicked(1.6)),
          { ...batches, saturation },
        );
      expect(outward((t) => 1 - 0.2 * t).phase).toBe("decoupled");
      const floor = outward(forgets);
      expect(floor.phase).toBe("decay");
      expect(floor.reason).toMatch(/kicks hold their norm at 1\.[45]\d* of its start/);
      const saturating = outward(forgets, 0.1);
      expect(saturating.phase).toBe("unclassified");
      expect(saturating.reason).toContain("diffused outward");
    });

    test("an early overshoot counts, though kicks lift the norm higher later", () => {
      const early = (t: number) =>
        t === 0.01 ? 1.3 : 1 + Math.max(0, 0.9 - Math.abs(8 * t - 3.6)) - 0.2 * t;
      const run = drawn(learning, early, 200, 0.9, forgets, (t) => (t < 0.1 ? 0 : kicked(3)));
      const { phase, niwPeak, niwMax, kickOvershoot } = classify(run, batches);
      expect([phase, niwPeak, kickOvershoot]).toEqual(["catapult", 1.3, 1]);
      expect(niwMax).toBeGreaterThan(1.5);
    });

    test("noise that stays the same is learnt: its kicks add up over epochs, and are no diffusion", () => {
      const run = drawn(
        learning,
        grows(1.5),
        200,
        1.5,
        () => 0.9,
        () => kicked(3),
      );
      const epochs = { ...run, evaluations: { ...run.evaluations, epoch: Float64Array.of(100) } };
      expect(classify(epochs, batches).phase).toBe("decoupled");
      const learnt = classify(epochs, fixed);
      expect(learnt.phase).toBe("unclassified");
      expect(learnt.reason).toMatch(/^learnt: the noise is fixed/);
      const end = 1 + 1.25 * 0.95;
      expect(learnt.acrossStart).toBeCloseTo(end - 0.81, 2);
      // Two steps are one epoch.
      expect(learnt.kickOvershoot).toBeCloseTo(Math.sqrt(1 + 2 * kicked(3) ** 2), 9);
    });

    test("where noise saturates the units, a memory that stays tells nothing", () => {
      const run = drawn(
        learning,
        () => 1,
        200,
        1,
        () => 0.7,
      );
      expect(classify(run, { ...batches, saturation: 0.9 }).phase).toBe("decoupled");
      const saturated = classify(run, { ...batches, saturation: 3 });
      expect(saturated).toMatchObject({ phase: "unclassified", saturationEnd: 3 });
      expect(saturated.reason).toContain("saturates the units");
    });
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
const numbers: fc.Arbitrary<PhaseNumbers> = fc
  .record({
    lossStart: positive,
    lossMore: positive,
    lossEnd: positive,
    niwStart: positive,
    niwMore: positive,
    niwEnd: positive,
    memoryEnd: fc.double({ min: -0.5, max: 1.5, noNaN: true }),
    kickOvershoot: fc.double({ min: 1, max: 5, noNaN: true }),
  })
  .map(({ lossMore, niwMore, ...rest }) => ({
    ...rest,
    finite: true,
    lossMax: Math.max(rest.lossStart, rest.lossEnd, lossMore),
    niwMax: Math.max(rest.niwStart, rest.niwEnd, niwMore),
    niwPeak: Math.max(rest.niwStart, rest.niwEnd, niwMore),
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
            niwPeak: b * n.niwPeak,
            niwEnd: b * n.niwEnd,
            memoryEnd: n.memoryEnd,
            kickOvershoot: n.kickOvershoot,
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
        const { phase, lossOvershoot, niwOvershoot } = judge(n, NETWORK);
        const grown = niwOvershoot > 1.1;
        const overshot = lossOvershoot > 2 || (grown && niwOvershoot > n.kickOvershoot);
        const { loss, constantLoss } = NETWORK;
        const learnt = n.lossEnd <= Math.min(Math.max(n.lossStart, loss), 0.95 * constantLoss);
        if (phase === "divergent") expect((overshot || grown) && !learnt).toBe(true);
        if (phase === "catapult") expect(overshot && learnt).toBe(true);
        if (phase === "decay" || phase === "decoupled") {
          expect(overshot).toBe(false);
          expect(n.memoryEnd < Math.exp(-1)).toBe(phase === "decay");
        }
        if (phase === "unclassified") {
          expect(learnt || !grown).toBe(true);
          expect(n.niwEnd).toBeGreaterThan(n.niwStart);
        }
      }),
    );
  });

  test("names the phase on the other side of a near threshold, and reaches it by a small change", () => {
    const base: PhaseNumbers = {
      finite: true,
      lossStart: 2,
      lossMax: 2,
      lossEnd: 0.1,
      niwStart: 1,
      niwMax: 1,
      niwPeak: 1,
      niwEnd: 0.5,
      memoryEnd: Math.exp(-1.1),
      kickOvershoot: 1,
    };
    const near = judge(base, NETWORK);
    expect(near).toMatchObject({ phase: "decay", closeTo: "decoupled" });
    expect(near.margin).toBeCloseTo(0.1, 12);
    expect(judge({ ...base, memoryEnd: Math.exp(-0.9) }, NETWORK).phase).toBe(near.closeTo);
    expect(judge({ ...base, memoryEnd: Math.exp(-3) }, NETWORK).closeTo).toBe(null);
  });
});
