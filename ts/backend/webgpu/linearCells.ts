import { THREADS } from "../../../gpu/kernel.js";
import { CELL_ROWS, linear, MOMENT_COLUMNS } from "../../../gpu/linear.js";
import type { Gpu } from "./gpu.js";
import { runSingle } from "./single.js";

/** Steps of the first submission. Later ones are sized to take about `SUBMISSION_MS`. */
const FIRST = 16;
const SUBMISSION_MS = 40;

const MAP_READ = 1;
const COPY_SRC = 4;
const COPY_DST = 8;
const STORAGE = 128;
const READ = 1;

/**
 * Runs cells of the linear model in float32, one thread per cell, for as many steps as there are moments. If there are
 * more cells than the device has room for, it runs them in parts.
 * @param cells `[14, cells]`: `alpha, sigma, eta alpha, slope, G11, G12, G22, v1, v2, s`, then zeros; see
 * `gpu/linear.ts`.
 * @param moments `[steps, 6]`, shared by all cells.
 * @param most largest number of cells at a time; default: what the device's limits allow.
 * @returns the cells afterwards, with the largest and the last loss, the largest `|v2|`, and the number of updates.
 */
export async function linearCells(
  gpu: Gpu,
  cells: Float32Array<ArrayBuffer>,
  moments: Float32Array<ArrayBuffer>,
  most = mostCells(gpu.device.limits),
): Promise<Float32Array<ArrayBuffer>> {
  const all = cells.length / CELL_ROWS;
  if (all <= most) return partOfCells(gpu, cells, moments);
  const found = new Float32Array(cells.length);
  for (let first = 0; first < all; first += most) {
    const count = Math.min(most, all - first);
    const part = new Float32Array(CELL_ROWS * count);
    for (let row = 0; row < CELL_ROWS; row++) {
      part.set(cells.subarray(row * all + first, row * all + first + count), row * count);
    }
    const after = await partOfCells(gpu, part, moments);
    for (let row = 0; row < CELL_ROWS; row++) {
      found.set(after.subarray(row * count, (row + 1) * count), row * all + first);
    }
  }
  return found;
}

function mostCells(limits: GPUSupportedLimits): number {
  const bytes = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
  const threads = limits.maxComputeWorkgroupsPerDimension * THREADS;
  return Math.min(Math.floor(bytes / 4 / CELL_ROWS), threads);
}

async function partOfCells(
  gpu: Gpu,
  cells: Float32Array<ArrayBuffer>,
  moments: Float32Array<ArrayBuffer>,
): Promise<Float32Array<ArrayBuffer>> {
  const { device } = gpu;
  const usage = STORAGE | COPY_SRC | COPY_DST;
  const state = device.createBuffer({ size: cells.byteLength, usage });
  const shared = device.createBuffer({ size: moments.byteLength, usage });
  const staging = device.createBuffer({ size: cells.byteLength, usage: MAP_READ | COPY_DST });
  try {
    device.queue.writeBuffer(state, 0, cells);
    device.queue.writeBuffer(shared, 0, moments);
    const names = { cells: "cells", moments: "moments" };
    const steps = moments.length / MOMENT_COLUMNS;
    let atOnce = FIRST;
    for (let done = 0; done < steps; ) {
      const some = Math.min(atOnce, steps - done);
      const dispatch = linear(cells.length / CELL_ROWS, done, some, names);
      const elapsed = await runSingle(gpu, dispatch, { cells: state, moments: shared });
      atOnce = Math.max(1, Math.floor(some * Math.min(8, SUBMISSION_MS / Math.max(elapsed, 1e-3))));
      done += some;
    }
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(state, 0, staging, 0, cells.byteLength);
    device.queue.submit([encoder.finish()]);
    await gpu.until(staging.mapAsync(READ));
    return new Float32Array(staging.getMappedRange().slice(0));
  } finally {
    for (const buffer of [state, shared, staging]) buffer.destroy();
  }
}
