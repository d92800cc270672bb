import { expect, test } from "vitest";
import { TILES, tilingFor } from "../../gpu/tiles.js";
import { webgpuMachine } from "../../ts/backend/webgpu/webgpu.js";
import { checkOperation, withinBound } from "../../ts/check/verify/checkOperation.js";
import type { Op, Program, Region } from "../../ts/program/ops.js";
import { asHardware, testGpu } from "../gpu.js";

// Which tile a product takes follows from its size: each has a size here that takes it, and so many replicas that it does.
// A software adapter compiles these for seconds, and takes them for none but these tests: see test/gpu.ts.

const gpu = await testGpu();

/** A product's size, the tile that it takes, and how many workgroups share a sum. */
interface Case {
  readonly rows: number;
  readonly cols: number;
  readonly depth: number;
  readonly replicas: number;
  readonly tile: string;
  readonly splits: number;
  readonly layouts: readonly number[];
  readonly epilogue?: "relu" | "tanh";
}

/**
 * A form to read the operands in: bit 0 transposes b, bit 1 a. From 4 on, vectors of four fit nowhere; before, they fit all
 * rows, once these are padded, but for the last.
 */
const FORMS = [0, 1, 2, 3, 4, 5, 6, 7];
const FULL = process.env.NINSCOPE_SOAK === "full";
const some = (...few: number[]) => (FULL ? FORMS : few);

const CASES: readonly Case[] = [
  { rows: 250, cols: 249, depth: 19, replicas: 64, tile: "128x128", splits: 1, layouts: some(7) },
  { rows: 121, cols: 126, depth: 35, replicas: 64, tile: "64x64", splits: 1, layouts: some(0, 6) },
  { rows: 127, cols: 510, depth: 507, replicas: 1, tile: "64x64", splits: 7, layouts: some(7) },
  { rows: 62, cols: 57, depth: 33, replicas: 64, tile: "32x32", splits: 1, layouts: some(1, 4) },
  { rows: 62, cols: 15, depth: 37, replicas: 256, tile: "64x16", splits: 1, layouts: some(2, 5) },
  { rows: 13, cols: 61, depth: 37, replicas: 256, tile: "16x64", splits: 1, layouts: some(3, 4) },
  {
    ...{ rows: 13, cols: 61, depth: 257, replicas: 2, tile: "32x32", splits: 4 },
    ...{ layouts: some(0), epilogue: "tanh" },
  },
];
const MEMORY = 32768;

test("each tile is among these", () => {
  const named = TILES.map(({ rows, cols }) => `${rows}x${cols}`);
  expect(new Set(CASES.map(({ tile }) => tile))).toEqual(new Set(named));
});

const ready = "none" in gpu || gpu.can.workgroupBytes < MEMORY ? null : asHardware(gpu);

test.skipIf(!ready).each(CASES)(
  "products of $rows x $cols x $depth, $replicas at a time, by tiles of $tile, $splits to a sum",
  async ({ tile, splits, layouts, epilogue, ...size }) => {
    if (!ready) return;
    const chosen = tilingFor(size, ready.can);
    expect([`${chosen.tile.rows}x${chosen.tile.cols}`, chosen.splits]).toEqual([tile, splits]);
    const { rows, cols, depth, replicas } = size;
    for (const layout of layouts) {
      const [transposeA, transposeB] = [layout % 4 >= 2, layout % 2 === 1];
      const offset = layout < 4 ? 0 : 3;
      const at = (buffer: string, r: number, c: number): Region => ({
        buffer,
        offset,
        rows: r,
        cols: c,
        stride: c + 2,
      });
      const a = transposeA ? at("a", depth, rows) : at("a", rows, depth);
      const b = transposeB ? at("b", cols, depth) : at("b", depth, cols);
      const op: Op = {
        op: "product",
        a,
        transposeA,
        b,
        transposeB,
        c: at("c", rows, cols),
        alpha: -0.375,
        beta: 0.5,
        ...(epilogue && { epilogue }),
      };
      const program: Program = {
        replicas,
        buffers: Object.fromEntries(
          [a, b, op.c].map((region) => [
            region.buffer,
            { type: "float", length: region.offset + region.rows * region.stride } as const,
          ]),
        ),
        fills: [],
        lists: {},
      };
      const worst = await checkOperation(webgpuMachine(ready), program, op);
      expect(withinBound(worst), `${JSON.stringify([layout, worst])}`).toBe(true);
    }
  },
);
