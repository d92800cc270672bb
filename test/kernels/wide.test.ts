import fc from "fast-check";
import { expect, test } from "vitest";
import { BYTES } from "../../ts/kernels/embeddedWide.js";
import { inflated } from "../../ts/kernels/inflated.js";
import { type KernelExports, kernelsFrom } from "../../ts/kernels/instance.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { pays } from "../../ts/kernels/wide.js";

const relaxed = await loadKernels({ fast: true });
const wide = kernelsFrom(await WebAssembly.compile(await inflated(BYTES)), "relaxed");

const MOST = 120;

/** Makes products of normal numbers on one build. */
function maker(kernels: KernelExports) {
  const size = 4 * MOST * MOST;
  const align = (bytes: number) => Math.ceil(bytes / 64) * 64;
  const workspace = align(kernels.heapBase());
  const a = align(workspace + kernels.workspaceBytes());
  const [b, c, end] = [a + size, a + 2 * size, a + 3 * size];
  kernels.memory.grow(Math.ceil(end / 65536));
  for (const [stream, at] of [a, b, c].entries()) {
    kernels.draw(1, 7, stream, 0, 0, MOST * MOST, 1, at);
  }
  return (m: number, n: number, k: number, sides: number): Buffer => {
    const [aRow, aStep] = sides >= 2 ? [4, 4 * m] : [4 * k, 4];
    const [bRow, bStep] = sides % 2 === 0 ? [4, 4 * n] : [4 * k, 4];
    const beta = [0, 1, -0.3][(m + n) % 3];
    kernels.product(m, n, k, a, aRow, aStep, b, bRow, bStep, c, 4 * n, 0.7, beta, 0, workspace);
    return Buffer.from(kernels.memory.buffer, c, size);
  };
}

test("the build for vectors of 256 bits makes the same bits of every product", () => {
  const [one, other] = [relaxed, wide].map((kernels) => maker(kernels.instantiate()));
  const side = fc.integer({ min: 1, max: MOST });
  fc.assert(
    fc.property(side, side, side, fc.integer({ min: 0, max: 3 }), (m, n, k, sides) => {
      expect(one(m, n, k, sides).equals(other(m, n, k, sides))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test("a build that is no faster is not taken", () => {
  expect(pays(relaxed, relaxed)).toBe(false);
});
