import { expect, test } from "vitest";
import { referenceMachine } from "../../ts/backend/reference.js";
import { webgpuMachine } from "../../ts/backend/webgpu/webgpu.js";
import { gamma, mulberry, UNIT_ROUNDOFF as U } from "../../ts/check/verify/roundings.js";
import type { Activation, Op, Program, Region } from "../../ts/program/ops.js";
import { asHardware, testGpu } from "../gpu.js";

// A product whose result is multiplied with an activation's slope is one dispatch on the GPU.

const gpu = await testGpu();

const FULL = process.env.NINSCOPE_SOAK === "full";
const ROWS = 9;
const REPLICAS = 2;
/** Terms of sums that are shared by workgroups. */
const SHARED = 3000;
const ACTIVATIONS: readonly Activation[] = ["relu", "tanh", "gelu", "linear"];
/**
 * Columns, and columns of the rows that they stand in: whole vectors, parts of such, and where none fit.
 */
const LAYOUTS = [
  { cols: 8, stride: 8, offset: 0, depth: 200 },
  { cols: 10, stride: 13, offset: 0, depth: 200 },
  { cols: 10, stride: 12, offset: 5, depth: 200 },
  { cols: 10, stride: 13, offset: 0, depth: SHARED },
];

/** Each activation in half of the layouts, because a software GPU takes seconds to compile a kernel. */
const CASES = ACTIVATIONS.flatMap((activation, a) =>
  LAYOUTS.filter((_, l) => FULL || (a + l) % 2 === 0).map((layout) => ({ activation, ...layout })),
);

test.skipIf("none" in gpu).each(CASES)(
  "a product and the slope of $activation, $cols of $stride columns from $offset on, sums of $depth",
  async ({ activation, cols, stride, offset, depth }) => {
    if ("none" in gpu) return;
    const at = (buffer: string): Region => ({ buffer, offset, rows: ROWS, cols, stride });
    const a = { buffer: "a", offset: 0, rows: ROWS, cols: depth, stride: depth };
    const b = { buffer: "b", offset: 0, rows: depth, cols, stride: cols };
    const ops: Op[] = [
      {
        op: "product",
        a,
        transposeA: false,
        b,
        transposeB: false,
        c: at("c"),
        alpha: 0.5,
        beta: 0.25,
      },
      { op: "activationGradient", activation, at: at("at"), into: at("c") },
    ];
    const length = offset + ROWS * stride;
    const lengths = { a: ROWS * depth, b: depth * cols, c: length, at: length };
    const program: Program = {
      replicas: REPLICAS,
      buffers: Object.fromEntries(
        Object.entries(lengths).map(([name, n]) => [name, { type: "float", length: n } as const]),
      ),
      fills: [],
      lists: { list: { ops, slots: 0 } },
    };
    const random = mulberry(7);
    const contents = Object.entries(lengths).map(
      ([name, n]) =>
        [name, Float32Array.from({ length: REPLICAS * n }, () => 2 * random() - 1)] as const,
    );
    // A software adapter takes no tile, by itself, whose sums workgroups share.
    const own = depth === SHARED ? asHardware(gpu) : gpu;
    const [found, exact] = await Promise.all(
      [webgpuMachine(own), referenceMachine()].map(async (machine) => {
        const session = await machine.open(program);
        for (const [name, values] of contents) session.write(name, values);
        await session.run("list", 0, 1);
        const c = await session.read("c");
        session.dispose();
        return c;
      }),
    );
    // Sums of products of numbers up to 1; slopes reach 1.13 and round by some 24 u.
    const bound = gamma(depth + 8) * depth * 1.13 + depth * 24 * U;
    exact.forEach((right, i) => {
      expect(Math.abs(found[i] - right), `element ${i}`).toBeLessThan(bound);
    });
    expect(exact.some((value) => Math.abs(value) > 1)).toBe(true);
  },
);
