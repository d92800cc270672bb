import { expect, test } from "vitest";
import {
  type ProductSize,
  SOFTWARE_TILE,
  TILES,
  tilingFor,
  workgroupBytes,
} from "../../gpu/tiles.js";

const GPU = { software: false, workgroupBytes: 32768 };
const shapeOf = (size: ProductSize) => {
  const { tile, splits } = tilingFor(size, GPU);
  return { tile: [tile.rows, tile.cols], splits };
};
const alone = (rows: number, cols: number, depth: number) => ({ rows, cols, depth, replicas: 1 });

test("a large product takes the largest tile, and no split", () => {
  expect(shapeOf(alone(4096, 4096, 4096))).toEqual({ tile: [128, 128], splits: 1 });
  expect(shapeOf({ ...alone(128, 512, 785), replicas: 64 })).toEqual({
    tile: [128, 128],
    splits: 1,
  });
});

test("a small result with long sums is shared by workgroups, one with short sums is not", () => {
  expect(shapeOf(alone(128, 512, 785)).splits).toBeGreaterThan(4);
  expect(shapeOf(alone(128, 10, 512)).splits).toBeGreaterThan(4);
  expect(shapeOf(alone(512, 513, 128)).splits).toBe(1);
  expect(shapeOf(alone(128, 512, 10)).splits).toBe(1);
});

test("a narrow result does not pay for a wide tile", () => {
  for (const size of [alone(128, 10, 784), alone(10, 513, 128), alone(1, 1, 4)]) {
    const { tile } = tilingFor(size, GPU);
    expect(tile.rows * tile.cols).toBeLessThanOrEqual(1024);
  }
});

test("tiles fit into what workgroup memory there is: WebGPU's least is 16 KiB", () => {
  const { tile } = tilingFor(alone(4096, 4096, 4096), { ...GPU, workgroupBytes: 16384 });
  expect(workgroupBytes(tile)).toBeLessThanOrEqual(16384);
  expect([tile.rows, tile.cols]).toEqual([64, 64]);
});

test("a software adapter takes one small tile, whatever the size, and never splits sums", () => {
  for (const size of [alone(4096, 4096, 4096), alone(128, 512, 785), alone(1, 1, 4)]) {
    const tiling = tilingFor(size, { ...GPU, software: true });
    expect(tiling).toEqual({ tile: SOFTWARE_TILE, splits: 1 });
  }
});

test("no workgroup has more threads than WebGPU's least limit, 256", () => {
  for (const { rows, cols, threadRows, threadCols } of [...TILES, SOFTWARE_TILE]) {
    expect((rows / threadRows) * (cols / threadCols)).toBeLessThanOrEqual(256);
  }
});
