import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { calibrate } from "../../ts/analysis/calibration.js";
import { chance, likeness, similarity } from "../../ts/analysis/similarity.js";
import { firstPassage, fitDecay } from "../../ts/analysis/timeScale.js";
import { mulberry, normal } from "../support/mulberry.js";

const times = (n: number, end: number) => Array.from({ length: n }, (_, i) => (end * i) / (n - 1));

describe.each(["additive", "proportional"] as const)("the fit with %s scatter", (scatter) => {
  test("finds the time scale of any exact decay", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 0.8, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
        fc.double({ min: 0, max: 2, noNaN: true }),
        (part, amplitude, offset) => {
          const t = times(150, 40);
          const tau = 40 * part;
          const y = t.map((x) => amplitude * (Math.exp(-x / tau) + offset));
          const fit = fitDecay(t, y, scatter);
          expect(fit.refused).toBe(null);
          expect(fit.tau! / tau).toBeCloseTo(1, 4);
          expect(fit.rSquared).toBeGreaterThan(0.9999);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("its 95 % interval holds the truth about 95 times in 100, also where neighbours' noise is alike", () => {
    for (const memory of [0, 0.6]) {
      let held = 0;
      for (let seed = 0; seed < 200; seed++) {
        const random = mulberry(seed + 1);
        const t = times(120, 30);
        let noise = 0;
        const y = t.map((x) => {
          noise = memory * noise + Math.sqrt(1 - memory ** 2) * normal(random);
          const exact = 3 * Math.exp(-x / 7) + 0.5;
          return scatter === "additive" ? exact + 0.03 * noise : exact * Math.exp(0.1 * noise);
        });
        const { interval } = fitDecay(t, y, scatter);
        if (interval && interval[0] < 7 && interval[1] > 7) held++;
      }
      // The window is chosen by the data too, which costs a little.
      expect(held).toBeGreaterThan(200 * 0.85);
      expect(held).toBeLessThan(200);
    }
  });

  test("begins at the peak: a catapult's rise is no decay", () => {
    const t = times(200, 100);
    const y = t.map((x) => (x < 20 ? 1 + x : 21 * Math.exp(-(x - 20) / 15)));
    const fit = fitDecay(t, y, scatter);
    expect(fit.window[0]).toBeCloseTo(20, 0);
    expect(fit.tau! / 15).toBeCloseTo(1, 2);
  });

  test("refuses where there is no decay", () => {
    const t = times(100, 10);
    const random = mulberry(3);
    const flat = t.map(() => 1 + 0.01 * normal(random));
    expect(fitDecay(t, flat, scatter).refused).not.toBe(null);
    expect(
      fitDecay(
        t,
        t.map((x) => 1 + x),
        scatter,
      ).refused,
    ).not.toBe(null);
    expect(
      fitDecay(
        t,
        t.map((x) => 1 - 0.001 * x),
        scatter,
      ).refused,
    ).toMatch(/slowly|half/);
    expect(fitDecay([0, 1], [2, 1], scatter).refused).toMatch(/2 points/);
    expect(
      fitDecay(
        t,
        t.map(() => Number.NaN),
        scatter,
      ).tau,
    ).toBe(null);
  });
});

test("a loss' time scale is that of its long fall, not of its first drop", () => {
  const random = mulberry(11);
  const t = times(1600, 80);
  const y = t.map(
    (x) =>
      (2 * Math.exp(-x / 0.3) + 0.8 * Math.exp(-x / 9) + 0.002) * Math.exp(0.3 * normal(random)),
  );
  const fit = fitDecay(t, y, "proportional");
  expect(fit.tau! / 9).toBeCloseTo(1, 1);
  expect(fit.window[1]).toBeGreaterThan(60);
  expect(fitDecay(t, y, "additive").tau!).toBeLessThan(1);
});

test("a logarithm leaves out what is not positive", () => {
  const t = times(60, 10);
  const y = t.map((x, i) => (i % 7 === 3 ? 0 : 2 * Math.exp(-x / 2)));
  const fit = fitDecay(t, y, "proportional");
  expect(fit.tau).toBeCloseTo(2, 4);
  expect(fit.offset).toBeLessThan(1e-6);
});

test("first passage to 1/e needs no model", () => {
  const t = times(50, 10);
  expect(
    firstPassage(
      t,
      t.map((x) => 5 * Math.exp(-x / 2.3)),
    ),
  ).toBeCloseTo(2.3, 10);
  expect(
    firstPassage(
      t,
      t.map((x) => 1 + 5 * Math.exp(-x / 2.3)),
      1,
    ),
  ).toBeCloseTo(2.3, 10);
  expect(
    firstPassage(
      t,
      t.map((x) => 1 - 0.01 * x),
    ),
  ).toBe(null);
});

describe("likeness", () => {
  const t = times(100, 50);
  const curve = (tau: number) => ({
    t,
    y: t.map((x) => Math.exp(-x / tau) + 0.01 * Math.sin(x) + 0.02),
  });

  test("of a curve and itself in another unit is full", () => {
    const a = curve(8);
    const { rank, rescaling, correlation } = likeness(a, { t, y: a.y.map((y) => 7 * y ** 1) });
    expect(rank).toBeCloseTo(1, 12);
    expect(correlation).toBeCloseTo(1, 12);
    expect(rescaling).toBe(1);
  });

  test("finds the factor between the times of one shape", () => {
    const shape = (x: number) => 1 / (1 + x * x) + 0.1;
    const a = { t, y: t.map((x) => shape(x / 8)) };
    const b = { t, y: t.map((x) => shape(x / 16)) };
    expect(likeness(a, b).rescaling).toBeCloseTo(2, 1);
    expect(likeness(b, a).rescaling).toBeCloseTo(0.5, 1);
  });

  test("of pairs that belong together is told from that of strangers", () => {
    const random = mulberry(9);
    const runs = Array.from({ length: 8 }, () => {
      const [a, b] = [random() * 10, 2 + random() * 8];
      const shared = (x: number) => Math.exp(-x / 10) * (1 + 0.5 * Math.sin(((x - a) / b) * 6));
      return {
        niw: { t, y: t.map((x) => shared(x) + 0.01) },
        loss: { t, y: t.map((x) => 3 * shared(x) + 0.02) },
      };
    });
    const found = similarity(
      runs.map((r) => r.niw),
      runs.map((r) => r.loss),
      mulberry(1),
    );
    expect(found.own.rank.mean).toBeGreaterThan(0.99);
    expect(found.excess.rank.interval[0]).toBeGreaterThan(0);
    expect(found.chance).toBeLessThan(0.01);
    const strangers = similarity(
      runs.map((r) => r.niw),
      runs.map((_, i) => runs[(i + 3) % 8].loss),
      mulberry(1),
    );
    expect(strangers.excess.rank.interval[0]).toBeLessThan(0.02);
    expect(strangers.chance).toBeGreaterThan(0.05);
  });
});

test("chance is what permutations make it, and is rare by chance", () => {
  // Each of 3 belongs to its own: one deal of 6 is as good.
  const three = [0, 1, 2].map((s) => [0, 1, 2].map((r) => (r === s ? 1 : 0)));
  expect(chance([three], mulberry(2))).toBeCloseTo(1 / 6, 1);
  expect(chance([three, three], mulberry(2))).toBeCloseTo(1 / 36, 2);
  expect(chance([three, three, three, three], mulberry(2))).toBeLessThan(0.005);
  let seen = 0;
  for (let trial = 0; trial < 400; trial++) {
    const random = mulberry(trial + 1);
    const sets = [0, 1, 2, 3].map(() => three.map((row) => row.map(() => random())));
    if (chance(sets, random, 400) < 0.05) seen++;
  }
  // 20 are expected.
  expect(seen).toBeGreaterThan(5);
  expect(seen).toBeLessThan(38);
});

test("calibration tells a factor from scatter", () => {
  const random = mulberry(5);
  const direct = Array.from({ length: 60 }, () => 0.1 + random());
  const right = calibrate(
    direct,
    direct.map((x) => x * (1 + 0.05 * normal(random))),
  );
  expect(Math.abs(right.slope - 1)).toBeLessThan(3 * right.slopeError);
  expect(Math.abs(right.bias)).toBeLessThan(3 * right.biasError);
  expect(right.rSquared).toBeGreaterThan(0.95);
  const doubled = calibrate(
    direct,
    direct.map((x) => 2 * x),
  );
  expect(doubled.slope).toBeCloseTo(2, 12);
  expect(doubled.bias).toBeCloseTo(1, 12);
  const noise = calibrate(
    direct,
    direct.map(() => 1 + normal(random)),
  );
  expect(noise.rSquared).toBeLessThan(0.5);
});

test.each(["additive", "proportional"] as const)("%s: a fit takes 300,000 points", (scatter) => {
  const random = mulberry(11);
  const n = 300_000;
  const t = Float64Array.from({ length: n }, (_, i) => i);
  const y = t.map((time) => (3 * Math.exp(-time / 2e4) + 0.5) * (1 + 0.01 * normal(random)));
  const { tau, interval, refused } = fitDecay(t, y, scatter);
  expect(refused).toBeNull();
  expect(Math.abs((tau as number) / 2e4 - 1)).toBeLessThan(0.05);
  expect((interval as [number, number])[0]).toBeLessThan(2e4 * 1.05);
});
