import { describe, expect, test } from "vitest";
import { dawn } from "../../ts/backend/node/dawn.js";
import { type Gpu, isSoftware, nameOf, openGpu } from "../../ts/backend/webgpu/gpu.js";
import { webgpuMachine } from "../../ts/backend/webgpu/webgpu.js";
import { RunError } from "../../ts/errors/errors.js";
import type { Program, Region } from "../../ts/program/ops.js";
import { testGpu } from "../gpu.js";

/** How often to do what has to hold a thousand times; the suite does it less often. */
const CYCLES = Number(process.env.NINSCOPE_GPU_CYCLES ?? 40);
const LOSSES = Number(process.env.NINSCOPE_GPU_LOSSES ?? 8);

const found = await testGpu();

const square = (buffer: string, n: number): Region => ({
  buffer,
  offset: 0,
  rows: n,
  cols: n,
  stride: n,
});

/** Adds 1 to each of `n x n` numbers a pass, and traces the sum of their squares. */
function counting(n: number): Program {
  return {
    buffers: {
      one: { type: "float", length: n * n },
      sum: { type: "float", length: n * n },
    },
    fills: [{ region: square("one", n), value: 1 }],
    lists: {
      count: {
        ops: [
          { op: "addScaled", from: square("one", n), into: square("sum", n), factor: 1 },
          { op: "sumSquares", of: square("sum", n), slot: 0, scale: 1 },
        ],
        slots: 1,
      },
    },
  };
}

describe.skipIf("none" in found)("the GPU machine", () => {
  const gpu = found as Gpu;

  test("a session after the other grows nothing, and none disturbs another", async () => {
    const machine = webgpuMachine(gpu);
    let before = 0;
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const session = await machine.open(counting(4));
      expect([...(await session.run("count", 0, 3))]).toEqual([16, 64, 144]);
      session.dispose();
      if (cycle === Math.floor(CYCLES / 2)) before = process.memoryUsage().rss;
    }
    // The second half of the cycles takes no more memory than a garbage collector leaves about.
    expect(process.memoryUsage().rss - before).toBeLessThan(64e6);
  });

  test("what is asked for at once is done one after the other", async () => {
    const session = await webgpuMachine(gpu).open(counting(2));
    const runs = await Promise.all([session.run("count", 0, 2), session.run("count", 2, 1)]);
    expect(runs.map((trace) => [...trace])).toEqual([[4, 16], [36]]);
    session.dispose();
    await expect(session.run("count", 0, 1)).rejects.toThrow("disposed");
  });

  test("long runs are cut into submissions, their traces put together", async () => {
    const session = await webgpuMachine(gpu).open(counting(1));
    const trace = await session.run("count", 0, 700);
    expect(trace.every((value, k) => value === (k + 1) ** 2)).toBe(true);
    session.dispose();
  });

  test("bytes are written by fours, and nothing beyond a buffer's end", async () => {
    const into = { buffer: "into", offset: 0, rows: 1, cols: 5, stride: 5 };
    const gather = { op: "gather", source: "bytes", index: "index", into, scale: 1, shift: 0 };
    const session = await webgpuMachine(gpu).open({
      buffers: {
        bytes: { type: "byte", length: 10 },
        index: { type: "index", length: 1 },
        into: { type: "float", length: 5 },
      },
      fills: [],
      lists: { list: { ops: [gather as never], slots: 0 } },
    });
    session.write("bytes", Uint8Array.of(1, 2, 3, 4));
    session.write("bytes", Uint8Array.of(5, 6, 7, 8, 9, 250), 4);
    session.write("index", Uint32Array.of(1));
    await session.run("list", 0, 1);
    expect([...(await session.read("bytes"))]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 250]);
    expect([...(await session.read("into"))]).toEqual([6, 7, 8, 9, 250]);
    expect(() => session.write("bytes", Uint8Array.of(1), 3)).toThrow("by fours");
    expect(() => session.write("index", Uint32Array.of(1, 2))).toThrow("do not fit");
    session.dispose();
  });

  test(`a device lost at any moment ends a run in one clear error (${LOSSES} times)`, async () => {
    for (let k = 0; k < LOSSES; k++) {
      const own = (await openGpu({ source: dawn })) as Gpu;
      const session = await webgpuMachine(own).open(counting(16));
      const delay = new Promise((resolve) => setTimeout(resolve, (37 * k) % 50));
      const lost = delay.then(() => own.device.destroy());
      const run = async () => {
        for (let done = 0; ; done += 50) {
          const trace = await session.run("count", done, 50);
          trace.forEach((value, i) => {
            if (value !== 256 * (done + i + 1) ** 2) throw new Error("a wrong result");
          });
        }
      };
      const error = await run().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(RunError);
      expect((error as Error).message).toMatch(/^the GPU was lost/);
      await lost;
      session.dispose();
      expect(own.lost).toBe(true);
      await expect(webgpuMachine(own).open(counting(2))).rejects.toThrow("the GPU was lost");
    }
  });

  test("what exceeds a limit is refused by the limit's name", async () => {
    const adapter = await (await dawn()).requestAdapter();
    const device = await adapter?.requestDevice();
    if (!adapter || !device) throw new Error("the adapter is gone");
    const own = (await openGpu({ source: dawn, device })) as Gpu;
    const { maxStorageBufferBindingSize } = device.limits;
    const n = Math.ceil(Math.sqrt(maxStorageBufferBindingSize / 4)) + 1;
    const open = webgpuMachine(own).open(counting(n));
    await expect(open).rejects.toThrow(RunError);
    await expect(open).rejects.toThrow("maxStorageBufferBindingSize");
    const small = await webgpuMachine(own).open(counting(2));
    expect([...(await small.run("count", 0, 1))]).toEqual([4]);
    small.dispose();
    device.destroy();
  });

  test("software is known for what it is", () => {
    const info = (words: object) =>
      ({ vendor: "", architecture: "", device: "", description: "", ...words }) as GPUAdapterInfo;
    expect(isSoftware(info({ description: "SwiftShader driver 5.0.0" }))).toBe(true);
    expect(isSoftware(info({ device: "llvmpipe (LLVM 15)" }))).toBe(true);
    expect(isSoftware(info({ isFallbackAdapter: true }))).toBe(true);
    const real = info({ vendor: "nvidia", architecture: "hopper" });
    expect([isSoftware(real), nameOf(real)]).toEqual([false, "nvidia hopper"]);
  });
});

test("where there is no WebGPU the reason is told", async () => {
  expect(await openGpu({ source: async () => undefined })).toEqual({
    none: "there is no WebGPU here",
  });
  const broken = { source: () => Promise.reject(new Error("no driver\nat all")) };
  expect(await openGpu(broken)).toEqual({ none: "no driver" });
});
