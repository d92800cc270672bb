import fc from "fast-check";
import { expect, test } from "vitest";
import { cosTurn, exp, lnBelowOne, sinTurn, tanh } from "../../ts/data/elementary.js";

const U = 2 ** -53;

test("tanh is the host's to a few last bits", () => {
  fc.assert(
    fc.property(fc.double({ min: -30, max: 30, noNaN: true }), (x) => {
      expect(Math.abs(tanh(x) - Math.tanh(x))).toBeLessThanOrEqual(4 * U * Math.abs(Math.tanh(x)));
      expect(tanh(-x)).toBe(-tanh(x));
    }),
    { numRuns: 5000 },
  );
  for (const x of [0, 1e-300, 1e-9, 0.05, 0.0499999, 19.9, 20.1, 1e300]) {
    expect(Math.abs(tanh(x) - Math.tanh(x))).toBeLessThanOrEqual(4 * U * Math.tanh(x));
  }
});

test("cosine and sine of a turn", () => {
  fc.assert(
    fc.property(fc.double({ min: -50, max: 50, noNaN: true }), (u) => {
      // The host's own angle is rounded: by up to 2 pi u times half a last bit.
      const bound = 4 * U + 4 * Math.PI * Math.abs(u) * U;
      expect(Math.abs(cosTurn(u) - Math.cos(2 * Math.PI * u))).toBeLessThan(bound);
      expect(Math.abs(sinTurn(u) - Math.sin(2 * Math.PI * u))).toBeLessThan(bound);
      // 2 |c dc + s ds| with errors of 2 U, and the rounding of two squares and their sum.
      expect(Math.abs(cosTurn(u) ** 2 + sinTurn(u) ** 2 - 1)).toBeLessThan(8 * U);
    }),
    { numRuns: 5000 },
  );
  expect([0, 0.25, 0.5, 0.75, 1].map((u) => Math.round(1e15 * cosTurn(u)) + 0)).toEqual([
    1e15, 0, -1e15, 0, 1e15,
  ]);
});

test("exp and ln are the host's to a few last bits, where they are defined", () => {
  fc.assert(
    fc.property(fc.double({ min: -40, max: 0, noNaN: true }), (x) => {
      expect(Math.abs(exp(x) - Math.exp(x))).toBeLessThanOrEqual(4 * U * Math.exp(x));
    }),
    { numRuns: 3000 },
  );
  fc.assert(
    fc.property(fc.double({ min: 1 / 3, max: 1, noNaN: true }), (x) => {
      expect(Math.abs(lnBelowOne(x) - Math.log(x))).toBeLessThanOrEqual(4 * U);
    }),
    { numRuns: 3000 },
  );
  expect([exp(0), lnBelowOne(1)].map((value) => value + 0)).toEqual([1, 0]);
});
