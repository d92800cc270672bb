import fc from "fast-check";
import { expect, test } from "vitest";
import { type Abilities, type Part, THREADS } from "../../gpu/kernel.js";
import { sideBySide } from "../../gpu/sideBySide.js";
import { TILES, threadsOf, workgroupBytes } from "../../gpu/tiles.js";
import { referenceMachine } from "../../ts/backend/reference.js";
import { partsOf } from "../../ts/backend/webgpu/dispatches.js";
import { grouped } from "../../ts/backend/webgpu/grouped.js";
import { webgpuMachine } from "../../ts/backend/webgpu/webgpu.js";
import { mulberry } from "../../ts/check/verify/roundings.js";
import type { Op, Program, Region } from "../../ts/program/ops.js";
import { asHardware, testGpu } from "../gpu.js";

// Parts of a pass that share a dispatch, in another order than the operations', compute what the operations do one by one.

const gpu = await testGpu();

const SIDE = 8;
const BUFFERS = ["p", "q", "r", "s"];
const CASES = Number(process.env.NINSCOPE_FUZZ ?? 200);
const can: Abilities = { subgroups: false, workgroupBytes: 16384, software: false };

const integer = (max: number) => fc.integer({ min: 0, max });
/** A place for a matrix of this size. */
const region = (rows: number, cols: number, buffers: readonly string[]): fc.Arbitrary<Region> =>
  fc
    .tuple(fc.constantFrom(...buffers), integer(SIDE - rows), integer(SIDE - cols))
    .map(([buffer, r, c]) => ({ buffer, offset: r * SIDE + c, rows, cols, stride: SIDE }));
const sizes = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }));

/** Operations of one part each. Their numbers tell them apart. */
const operation: fc.Arbitrary<(number: number) => Op> = fc.oneof(
  sizes.chain(([rows, cols]) =>
    fc
      .tuple(region(rows, cols, BUFFERS), region(rows, cols, BUFFERS), integer(2))
      .map(([one, into, kind]) => (number: number): Op => {
        if (kind === 0) return { op: "multiply", by: one, into };
        if (kind === 1) return { op: "addScaled", from: one, into, factor: 1 / (number + 2) };
        return { op: "activate", activation: "tanh", from: one, into };
      }),
  ),
  sizes.chain(([rows, cols]) =>
    fc.tuple(region(rows, cols, BUFFERS), region(rows, cols, BUFFERS)).map(
      ([a, b]) =>
        (number: number): Op => ({ op: "dot", a, b, slot: number, scale: 1 }),
    ),
  ),
  fc.tuple(sizes, fc.constantFrom(0, 0.5)).chain(([[rows, cols], beta]) =>
    fc
      .tuple(
        region(rows, 3, ["p", "q"]),
        region(3, cols, ["q", "p"]),
        region(rows, cols, ["r", "s"]),
      )
      .map(([a, b, c]) => (number: number): Op => {
        const sides = { transposeA: false, transposeB: false };
        return { op: "product", a, b, c, ...sides, alpha: 1 / (number + 2), beta };
      }),
  ),
);

function programOf(lists: Record<string, readonly Op[]>, slots: number): Program {
  const spec = { type: "float", length: SIDE * SIDE } as const;
  return {
    buffers: Object.fromEntries(BUFFERS.map((name) => [name, spec])),
    fills: [],
    lists: Object.fromEntries(
      Object.entries(lists).map(([name, ops]) => [name, { ops, slots }] as const),
    ),
  };
}

/** What a part does, whatever its number of threads. */
const meaning = (part: Part) => {
  const { accesses, parameters } = sideBySide([part]);
  return JSON.stringify([accesses, [...parameters]]);
};

test("groups of parts, each in any order, give what the operations give in theirs", async () => {
  let shared = 0;
  const lists = fc.array(operation, { minLength: 2, maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(lists, async (made) => {
      const ops = made.map((one, i) => one(i));
      const program = programOf({ list: ops }, ops.length);
      const parts = partsOf(program.lists.list, program, can);
      expect(parts).toHaveLength(ops.length + 1);
      const groups = grouped(parts);
      const places = new Map(parts.map((part, i) => [meaning(part), i]));
      const order = groups.flatMap((group) =>
        group.map((part) => places.get(meaning(part)) ?? Number.NaN).reverse(),
      );
      expect([...order].sort((a, b) => a - b)).toEqual(parts.map((_, i) => i));
      for (const group of groups) {
        const { bindings } = sideBySide(group);
        expect(bindings.length).toBeLessThanOrEqual(8);
        for (const { buffer, writes } of bindings) {
          const uses = bindings.filter((binding) => binding.buffer === buffer);
          expect(writes && uses.length > 1).toBe(false);
        }
        if (group.length > 1) shared++;
      }
      const moved = order.filter((i) => i < ops.length).map((i) => ops[i]);
      const [right, found] = await Promise.all(
        [ops, moved].map(async (list) => {
          const session = await referenceMachine().open(programOf({ list }, ops.length));
          BUFFERS.forEach((name, b) => {
            const values = Float32Array.from({ length: SIDE ** 2 }, (_, i) => Math.sin(7 * b + i));
            session.write(name, values);
          });
          const trace = await session.run("list", 0, 1);
          return [trace, ...(await Promise.all(BUFFERS.map((name) => session.read(name))))];
        }),
      );
      expect(found).toEqual(right);
    }),
    { numRuns: CASES, seed: 1 },
  );
  expect(shared).toBeGreaterThan(CASES / 2);
});

test("the tiles that can meet in a dispatch fit into WebGPU's least workgroup memory, besides the memory of sums", () => {
  const sums = 4 * THREADS * 3;
  for (const threads of new Set(TILES.map(threadsOf))) {
    const meeting = TILES.filter(
      (tile) => threadsOf(tile) === threads && workgroupBytes(tile) <= 16384,
    );
    const all = meeting.reduce((sum, tile) => sum + workgroupBytes(tile), 0);
    expect(all + (threads === THREADS ? sums : 0)).toBeLessThanOrEqual(16384);
  }
});

const ROWS = 9;
const LONG = 2048;
const REPLICAS = 2;
const LENGTHS = {
  a: ROWS * LONG,
  b: ROWS * LONG,
  c: 2 * ROWS ** 2,
  d: ROWS ** 2,
  e: 3 * ROWS ** 2,
};

/**
 * A product whose sums workgroups share beside one that takes its tile in one part, sums over several workgroups, two
 * activations, and a product beside them with a tile of their number of threads.
 */
function sharing(): Op[] {
  const square = (buffer: string, number = 0): Region => {
    return { buffer, offset: number * ROWS ** 2, rows: ROWS, cols: ROWS, stride: ROWS };
  };
  const wide = (buffer: string): Region => {
    return { buffer, offset: 0, rows: ROWS, cols: LONG, stride: LONG };
  };
  const product = { op: "product", transposeA: false, transposeB: true } as const;
  const short = (m: Region): Region => ({ ...m, cols: 16 });
  return [
    { ...product, a: wide("a"), b: wide("b"), c: square("c"), alpha: 0.01, beta: 0.5 },
    { ...product, a: short(wide("b")), b: short(wide("a")), c: square("d"), alpha: 1, beta: 1 },
    { op: "activate", activation: "relu", from: square("d"), into: square("e", 1) },
    { op: "activate", activation: "tanh", from: square("d"), into: square("e", 2) },
    { op: "dot", a: wide("a"), b: wide("b"), slot: 0, scale: 0.5 },
    { op: "dot", a: wide("b"), b: wide("b"), slot: 1, scale: 1 },
    {
      ...product,
      a: square("c"),
      b: square("c"),
      c: square("e"),
      alpha: 1,
      beta: 0,
      epilogue: "relu",
    },
  ];
}

test.skipIf("none" in gpu)(
  "a pass in shared dispatches gives what its operations give alone, to the bit",
  async () => {
    if ("none" in gpu) return;
    const ops = sharing();
    const slots = 2;
    const single = Object.fromEntries(ops.map((op, i) => [`${i}`, { ops: [op], slots }]));
    const program: Program = {
      replicas: REPLICAS,
      buffers: Object.fromEntries(
        Object.entries(LENGTHS).map(([name, length]) => [name, { type: "float", length } as const]),
      ),
      fills: [],
      lists: { all: { ops, slots }, ...single },
    };
    const own = asHardware(gpu);
    const sizes = grouped(partsOf(program.lists.all, program, own.can)).map(({ length }) => length);
    expect(sizes.some((size) => size > 2)).toBe(true);
    const session = await webgpuMachine(own).open(program);
    const outcome = async (run: () => Promise<Float64Array[]>) => {
      const random = mulberry(5);
      for (const [name, length] of Object.entries(LENGTHS)) {
        const values = Float32Array.from({ length: REPLICAS * length }, () => 2 * random() - 1);
        session.write(name, values);
      }
      const traces = await run();
      const after = await Promise.all(Object.keys(LENGTHS).map((name) => session.read(name)));
      return { traces, after };
    };
    const alone = await outcome(async () => {
      const traces: Float64Array[] = [];
      for (const name of Object.keys(single)) traces.push(await session.run(name, 0, 1));
      return traces;
    });
    const together = await outcome(async () => [await session.run("all", 0, 1)]);
    session.dispose();
    expect(together.after).toEqual(alone.after);
    for (const [i, op] of ops.entries()) {
      if (!("slot" in op)) continue;
      const of = (trace: Float64Array) => trace.filter((_, place) => place % slots === op.slot);
      expect(of(together.traces[0])).toEqual(of(alone.traces[i]));
    }
  },
);
