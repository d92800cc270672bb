import fc from "fast-check";
import { expect, test } from "vitest";
import { overlap } from "../../../ts/backend/overlap.js";
import { turnsOf } from "../../../ts/backend/threads/barriers.js";
import { cut, partsOf, type Tile } from "../../../ts/backend/threads/parts.js";
import { wasmMachine } from "../../../ts/backend/wasm.js";
import { BYTES } from "../../../ts/kernels/embeddedWide.js";
import { inflated } from "../../../ts/kernels/inflated.js";
import { type Kernels, kernelsFrom } from "../../../ts/kernels/instance.js";
import { loadKernels } from "../../../ts/kernels/kernels.js";
import type { Op, Product, Region } from "../../../ts/program/ops.js";
import { Streams } from "../../../ts/random/streams.js";
import { prepare } from "../../../ts/train/prepare.js";
import { bitsOf, networks } from "./networks.js";
import { serialMachine } from "./serial.js";

const FULL = process.env.NINSCOPE_SOAK === "full";
const baseline = await loadKernels();
const relaxed = await loadKernels({ fast: true });
const wide = kernelsFrom(await WebAssembly.compile(await inflated(BYTES)), "relaxed");
const TILES: [Kernels, Tile][] = [
  [baseline, { rows: 5, cols: 8 }],
  [relaxed, { rows: 6, cols: 8 }],
  [wide, { rows: 6, cols: 16 }],
];

test("a length is cut at multiples of the unit, into ranges of which none is thin", () => {
  const integer = (max: number) => fc.integer({ min: 1, max });
  fc.assert(
    fc.property(integer(2000), integer(130), integer(16), (length, threads, unit) => {
      const ranges = cut(length, threads, unit);
      expect(ranges).toHaveLength(threads);
      let next = 0;
      for (const range of ranges) {
        expect(range.first).toBe(next);
        next += range.length;
        if (range.length === 0) continue;
        expect(range.first % unit).toBe(0);
        if (unit > 4 && length > 4) expect(range.length).toBeGreaterThan(4);
      }
      expect(next).toBe(length);
    }),
  );
});

test("parts of products, one after the other, are the bits of the whole", async () => {
  const side = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 70 }));
  // Sums longer than a block too.
  const depth = fc.oneof(side, fc.constantFrom(90, 410));
  const streams = new Streams(baseline, 3);
  // Zeros show the sign with which a sum begins.
  const noise = streams
    .draw("data", 0, "normal", 0, 3 + 410 * 412, 1)
    .map((x) => (Math.abs(x) < 0.7 ? 0 : x));
  await fc.assert(
    fc.asyncProperty(
      ...([side, side, depth, fc.boolean(), fc.boolean()] as const),
      fc.constantFrom(0, 1, -0.3),
      fc.constantFrom(undefined, "relu" as const, "tanh" as const),
      fc.integer({ min: 2, max: 6 }),
      async (m, n, k, transposeA, transposeB, beta, epilogue, threads) => {
        const region = (buffer: string, rows: number, cols: number): Region => ({
          buffer,
          offset: 3,
          rows,
          cols,
          stride: cols + 2,
        });
        const op: Product = {
          op: "product",
          a: transposeA ? region("a", k, m) : region("a", m, k),
          transposeA,
          b: transposeB ? region("b", n, k) : region("b", k, n),
          transposeB,
          c: region("c", m, n),
          alpha: 0.7,
          beta,
          ...(epilogue && { epilogue }),
        };
        for (const [kernels, tile] of TILES) {
          const parts = partsOf(op, threads, tile).flatMap((part) => (part ? [part.op] : []));
          const made = [];
          for (const ops of [[op], parts]) {
            const lengthOf = ({ rows, stride }: Region) => 3 + rows * stride;
            const buffers = Object.fromEntries(
              [op.a, op.b, op.c].map((of) => [
                of.buffer,
                { type: "float", length: lengthOf(of) } as const,
              ]),
            );
            const lists = { all: { ops: ops as Op[], slots: 0 } };
            const session = await wasmMachine(kernels).open({ buffers, fills: [], lists });
            for (const [i, of] of [op.a, op.b, op.c].entries()) {
              session.write(of.buffer, noise.subarray(i, lengthOf(of)));
            }
            await session.run("all", 0, 1);
            made.push(Buffer.from((await session.read("c")).buffer));
            session.dispose();
          }
          expect(made[0].equals(made[1])).toBe(true);
        }
      },
    ),
    { numRuns: FULL ? 5000 : 100, seed: 5 },
  );
});

test("threads may go in any order between two barriers", async () => {
  await fc.assert(
    fc.asyncProperty(
      networks,
      fc.integer({ min: 2, max: 5 }),
      fc.nat(),
      async (experiment, threads, seed) => {
        const kernels = seed % 2 ? baseline : relaxed;
        const prepared = await prepare(experiment, { kernels, backend: "wasm" });
        const wanted = await bitsOf(prepared.machine, prepared);
        for (const order of [(all: number[]) => all, (all: number[]) => all.reverse()]) {
          const machine = await serialMachine(kernels, threads, order);
          expect((await bitsOf(machine, prepared)) === wanted).toBe(true);
        }
      },
    ),
    { numRuns: FULL ? 1000 : 60, seed: 7 },
  );
});

test("regions overlap if they have an element in common; more may be thought to", () => {
  const region = fc.record({
    offset: fc.integer({ min: 0, max: 40 }),
    rows: fc.integer({ min: 1, max: 5 }),
    cols: fc.integer({ min: 1, max: 6 }),
    stride: fc.constantFrom(6, 7),
  });
  const elements = ({ offset, rows, cols, stride }: Omit<Region, "buffer">) =>
    new Set(
      Array.from(
        { length: rows * cols },
        (_, i) => offset + Math.floor(i / cols) * stride + (i % cols),
      ),
    );
  fc.assert(
    fc.property(region, region, (one, other) => {
      const others = elements(other);
      const common = [...elements(one)].some((element) => others.has(element));
      const [a, b] = [one, other].map((of) => ({ ...of, buffer: "x" }));
      if (common) expect(overlap(a, b)).toBe(true);
      expect(overlap(a, { ...b, buffer: "y" })).toBe(false);
      const within = (of: typeof one) => (of.offset % of.stride) + of.cols <= of.stride;
      if (one.stride === other.stride && within(one) && within(other)) {
        expect(overlap(a, b)).toBe(common);
      }
    }),
    { numRuns: 2000 },
  );
});

test("no barrier stands where a thread goes on with what it wrote", () => {
  const matrix = (buffer: string): Region => ({
    buffer,
    offset: 0,
    rows: 32,
    cols: 64,
    stride: 64,
  });
  const product = (from: string, into: string): Op => ({
    op: "product",
    a: matrix(from),
    transposeA: false,
    b: { ...matrix("weights"), rows: 64 },
    transposeB: false,
    c: matrix(into),
    alpha: 1,
    beta: 0,
  });
  const activate: Op = { op: "activate", activation: "gelu", from: matrix("z"), into: matrix("y") };
  const buffers = Object.fromEntries(
    ["x", "y", "z", "weights"].map((name) => [name, { type: "float", length: 4096 } as const]),
  );
  const [, tile] = TILES[0];
  const shape = (ops: Op[]) =>
    turnsOf(ops, 2, tile, buffers).map((turn) => (turn === "barrier" ? "|" : "o"));
  expect(shape([product("x", "z"), activate]).join("")).toBe("|oo");
  expect(shape([product("x", "z"), activate, product("y", "x")]).join("")).toBe("|oo|o");
});
