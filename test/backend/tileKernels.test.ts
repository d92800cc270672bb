import { expect, test } from "vitest";
import { TILES, tilingFor } from "../../gpu/tiles.js";
import { webgpuMachine } from "../../ts/backend/webgpu/webgpu.js";
import { checkOperation, withinBound } from "../../ts/check/verify/checkOperation.js";
import type { Op, Program, Region } from "../../ts/program/ops.js";
import { testGpu } from "../gpu.js";

// Which tile a product takes follows from its size: each has a size here that takes it, and so many replicas that it does.

const gpu = await testGpu();

const SIZES = [
  { rows: 250, cols: 249, depth: 19, replicas: 64, tile: "128x128", splits: 1 },
  { rows: 121, cols: 126, depth: 35, replicas: 64, tile: "64x64", splits: 1 },
  { rows: 127, cols: 510, depth: 507, replicas: 1, tile: "64x64", splits: 7 },
  { rows: 62, cols: 57, depth: 33, replicas: 64, tile: "32x32", splits: 1 },
  { rows: 62, cols: 15, depth: 37, replicas: 256, tile: "64x16", splits: 1 },
  { rows: 13, cols: 61, depth: 37, replicas: 256, tile: "16x64", splits: 1 },
];
const MEMORY = 32768;
const FULL = process.env.NINSCOPE_SOAK === "full";

test("each tile is among these", () => {
  const named = TILES.map(({ rows, cols }) => `${rows}x${cols}`);
  expect(new Set(SIZES.map(({ tile }) => tile))).toEqual(new Set(named));
});

const ready = "none" in gpu || gpu.can.workgroupBytes < MEMORY ? null : gpu;

test.skipIf(!ready).each(SIZES)(
  "products of $rows x $cols x $depth, $replicas at a time, by tiles of $tile",
  async ({ tile, splits, ...size }) => {
    if (!ready) return;
    const chosen = tilingFor(size, ready.can.workgroupBytes);
    expect([`${chosen.tile.rows}x${chosen.tile.cols}`, chosen.splits]).toEqual([tile, splits]);
    const { rows, cols, depth, replicas } = size;
    // Rows that vectors of four fit, once they are padded, but for the last, where they begin where none does. A software
    // GPU takes up to ten seconds to compile a kernel, so each tile is seen in one form, the largest in the harder one; other
    // tests see every form.
    for (const layout of FULL ? [0, 1, 2, 7] : tile === "128x128" || splits > 1 ? [7] : [0]) {
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
