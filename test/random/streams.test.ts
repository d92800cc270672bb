import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../ts/errors/errors.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { Streams } from "../../ts/random/streams.js";

const kernels = await loadKernels();

describe("Philox4x32-10", () => {
  // The known-answer vectors of the Random123 distribution.
  test.each([
    [
      [0, 0, 0, 0, 0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])("counter and key %j", ([c0, c1, c2, c3, k0, k1], words) => {
    const instance = kernels.instantiate();
    const at = instance.heapBase();
    instance.philox(c0, c1, c2, c3, k0, k1, at);
    expect([...new Uint32Array(instance.memory.buffer, at, 4)]).toEqual(words);
  });
});

describe("elementary functions", () => {
  const { log, cos2pi, sin2pi } = kernels.instantiate();

  test("log is within 2 units in the last place of the host's", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => {
        const exact = Math.log(x);
        expect(Math.abs(log(x) - exact)).toBeLessThanOrEqual(4.5e-16 * Math.abs(exact) + 1e-18);
      }),
      { numRuns: 5000 },
    );
  });

  test("cos and sin of a turn", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (u) => {
        // The host rounds 2 pi u before it begins: that alone moves the result by 4e-16.
        expect(Math.abs(cos2pi(u) - Math.cos(2 * Math.PI * u))).toBeLessThan(1.2e-15);
        expect(Math.abs(sin2pi(u) - Math.sin(2 * Math.PI * u))).toBeLessThan(1.2e-15);
      }),
      { numRuns: 5000 },
    );
    expect([cos2pi(0), cos2pi(0.25) + 0, cos2pi(0.5), sin2pi(0.25), sin2pi(0.75)]).toEqual([
      1, 0, -1, 1, -1,
    ]);
  });
});

describe("draws", () => {
  test("depend on nothing but their place", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("normal" as const, "uniform" as const, "rademacher" as const),
        fc.nat(0xffffffff),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(50),
        (distribution, seed, nodes, first) => {
          const all = new Streams(kernels, seed).draw("noise", 2, distribution, 7, 60, 9);
          const some = new Streams(kernels, seed).draw(
            "noise",
            2,
            distribution,
            7,
            5,
            nodes,
            first,
          );
          for (let i = 0; i < 5; i++) {
            for (let n = 0; n < nodes; n++) {
              expect(some[i * nodes + n]).toBe(all[(first + i) * 9 + n]);
            }
          }
        },
      ),
    );
  });

  const n = 200_000;
  const moments = (x: Float32Array) => {
    const mean = (p: number) => x.reduce((sum, v) => sum + v ** p, 0) / x.length;
    return [mean(1), mean(2), mean(3), mean(4)];
  };

  // Five standard errors of each sample moment.
  test.each([
    ["normal", 3, [1, 2, 15, 96]],
    ["uniform", 1.8, [1, 0.8, 27 / 7, 9 - 3.24]],
    ["rademacher", 1, [1, 0, 1, 0]],
  ] as const)(
    "%s has zero mean, unit variance and its kurtosis",
    (distribution, fourth, variances) => {
      const found = moments(new Streams(kernels, 5).draw("noise", 0, distribution, 0, n / 4, 4));
      [0, 1, 0, fourth].forEach((expected, i) => {
        expect(Math.abs(found[i] - expected)).toBeLessThanOrEqual(
          5 * Math.sqrt(variances[i] / n) + 1e-6,
        );
      });
    },
  );

  test("normal draws follow the normal distribution (Kolmogorov and Smirnov)", () => {
    const x = new Streams(kernels, 11).draw("data", 0, "normal", 0, n, 1).sort();
    let distance = 0;
    x.forEach((v, i) => {
      // Distribution function by 400-point Simpson integration of the density from 0.
      const h = v / 400;
      let integral = 0;
      for (let k = 0; k <= 400; k++) {
        integral += (k === 0 || k === 400 ? 1 : k % 2 ? 4 : 2) * Math.exp(-0.5 * (k * h) ** 2);
      }
      if (i % 50 === 0) {
        const F = 0.5 + (integral * h) / 3 / Math.sqrt(2 * Math.PI);
        distance = Math.max(distance, Math.abs(F - (i + 0.5) / n));
      }
    });
    expect(distance * Math.sqrt(n)).toBeLessThan(1.95); // p = 0.001
  });

  test("streams, epochs and seeds are uncorrelated", () => {
    const base = new Streams(kernels, 1).draw("noise", 0, "normal", 0, n, 1);
    const others = [
      new Streams(kernels, 2).draw("noise", 0, "normal", 0, n, 1),
      new Streams(kernels, 1).draw("noise", 1, "normal", 0, n, 1),
      new Streams(kernels, 1).draw("noise", 0, "normal", 1, n, 1),
      new Streams(kernels, 1).draw("data", 0, "normal", 0, n, 1),
      new Streams(kernels, 1).draw("noise", 0, "normal", 0, n, 2).filter((_, i) => i % 2 === 1),
      new Streams(kernels, 1).draw("noise", 0, "normal", 0, n, 3).filter((_, i) => i % 3 === 2),
    ];
    for (const other of others) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += base[i] * other[i];
      expect(Math.abs(sum / Math.sqrt(n))).toBeLessThan(5);
    }
  });
});

describe("permutations", () => {
  test("hold every index once", () => {
    fc.assert(
      fc.property(
        fc.nat(0xffffffff),
        fc.nat(100),
        fc.integer({ min: 1, max: 3000 }),
        (seed, epoch, size) => {
          const order = new Streams(kernels, seed).permutation("order", 0, epoch, size);
          expect([...order].sort((a, b) => a - b)).toEqual([...order.keys()]);
        },
      ),
      { numRuns: 50 },
    );
  });

  test("are equally likely (chi squared over the 24 of four)", () => {
    const streams = new Streams(kernels, 3);
    const counts = new Map<string, number>();
    for (let epoch = 0; epoch < 24_000; epoch++) {
      const key = streams.permutation("order", 0, epoch, 4).join("");
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chi2 = [...counts.values()].reduce((sum, c) => sum + (c - 1000) ** 2 / 1000, 0);
    expect(chi2).toBeLessThan(49.7); // p = 0.001 with 23 degrees of freedom
  });
});

test("the bits are these, on every host and in every version", () => {
  const streams = new Streams(kernels, 42);
  expect([
    ...new Uint32Array(streams.draw("noise", 1, "normal", 3, 2, 2).buffer),
  ]).toMatchInlineSnapshot(`
    [
      1064004861,
      3199095304,
      3196992562,
      1069959665,
    ]
  `);
  expect([...streams.permutation("order", 0, 5, 10)]).toMatchInlineSnapshot(`
    [
      3,
      1,
      2,
      4,
      8,
      9,
      7,
      6,
      0,
      5,
    ]
  `);
});

test("a seed that is not a 32-bit integer is refused", () => {
  for (const seed of [-1, 0.5, 2 ** 32, Number.NaN]) {
    expect(() => new Streams(kernels, seed)).toThrow(InputError);
  }
});
