import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { dawn } from "../../ts/backend/node/dawn.js";
import { type Gpu, isSoftware, nameOf, openGpu } from "../../ts/backend/webgpu/gpu.js";
import { sharedGpu } from "../../ts/backend/webgpu/shared.js";
import { webgpuMachine } from "../../ts/backend/webgpu/webgpu.js";
import { RunError } from "../../ts/errors/errors.js";
import type { Program, Region } from "../../ts/program/ops.js";
import { testGpu } from "../gpu.js";

// A software GPU compiles the kernels anew for each device that is lost.
const FULL = process.env.NINSCOPE_SOAK === "full";
const CYCLES = FULL ? 1000 : 250;
const LOSSES = FULL ? 100 : 20;

const found = await testGpu();

/** The process' memory without garbage: a busy machine may leave the collector far behind. */
async function residentBytes(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // Dawn frees what was collected in a later turn.
  for (let turn = 0; turn < 3; turn++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().rss;
}

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
          { op: "dot", a: square("sum", n), b: square("sum", n), slot: 0, scale: 1 },
        ],
        slots: 1,
      },
    },
  };
}

describe.skipIf("none" in found)("the GPU machine", () => {
  const gpu = found as Gpu;

  test(`${CYCLES} sessions, one after the other, grow nothing, and none disturbs another`, async () => {
    const machine = webgpuMachine(gpu);
    let before = 0;
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const session = await machine.open(counting(4));
      expect([...(await session.run("count", 0, 3))]).toEqual([16, 64, 144]);
      session.dispose();
      if (cycle === Math.floor(CYCLES / 2)) before = await residentBytes();
    }
    // Each session had a megabyte of trace.
    expect((await residentBytes()) - before).toBeLessThan(32e6);
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
    expect(() => session.write("bytes", Uint8Array.of(1), 3)).toThrow("in groups of four");
    expect(() => session.write("index", Uint32Array.of(1, 2))).toThrow("do not fit");
    session.dispose();
  });

  test("rows that are padded on the device are none of the caller's concern", async () => {
    const [rows, cols, stride, replicas] = [3, 5, 7, 2];
    const at = (buffer: string) => ({ buffer, offset: 1, rows, cols, stride });
    // The last row is not whole.
    const length = 1 + rows * stride - 2;
    const session = await webgpuMachine(gpu).open({
      replicas,
      buffers: { from: { type: "float", length }, into: { type: "float", length } },
      fills: [{ region: { ...at("into"), cols: 1 }, value: 0.5 }],
      lists: {
        list: {
          ops: [{ op: "addScaled", from: at("from"), into: at("into"), factor: 2 }],
          slots: 0,
        },
      },
    });
    const from = Float32Array.from({ length: replicas * length }, (_, i) => i);
    session.write(
      "from",
      from.map((x) => -x),
    );
    session.write("from", from.subarray(3, 25), 3);
    session.write("from", from.subarray(0, 3));
    session.write("from", from.subarray(25), 25);
    expect([...(await session.read("from"))]).toEqual([...from]);
    await session.run("list", 0, 1);
    const into = await session.read("into");
    into.forEach((value, i) => {
      const place = (i % length) - 1;
      const column = place % stride;
      const inside = place >= 0 && column < cols;
      expect(value, `element ${i}`).toBe(inside ? 2 * i + (column === 0 ? 0.5 : 0) : 0);
    });
    session.dispose();
  });

  test("to wait for the device leaves nothing behind", async () => {
    const memory = () => {
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    await gpu.until(Promise.resolve());
    const before = memory();
    // 400 MB, should each wait keep what it waited for.
    for (let k = 0; k < 100_000; k++) await gpu.until(Promise.resolve(new Float64Array(500)));
    expect(memory() - before).toBeLessThan(150e6);
  });

  test("those who ask at once share one device, also the one that replaces a lost one", async () => {
    const place = { source: () => dawn() };
    const [one, other] = (await Promise.all([sharedGpu(place), sharedGpu(place)])) as Gpu[];
    expect(one).toBe(other);
    one.device.destroy();
    await one.device.lost;
    const [next, same] = (await Promise.all([sharedGpu(place), sharedGpu(place)])) as Gpu[];
    expect(next).toBe(same);
    expect([one.lost, next.lost]).toEqual([true, false]);
    next.device.destroy();
  });

  test("a device of one's own keeps its own handler of errors, which are told of here too", async () => {
    const device = await (await (await dawn()).requestAdapter())?.requestDevice();
    if (!device) throw new Error("the adapter is gone");
    let heard = 0;
    device.onuncapturederror = (event) => {
      event.preventDefault();
      heard++;
    };
    const own = (await sharedGpu({ source: dawn, device })) as Gpu;
    device.createBuffer({ size: 16, usage: 0xffff });
    await device.queue.onSubmittedWorkDone();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(heard).toBe(1);
    expect(() => own.check()).toThrow(/^the GPU failed: /);
    device.destroy();
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

  test("a device lost while a session opens ends that in the same error", async () => {
    for (let k = 0; k < 20; k++) {
      const own = (await openGpu({ source: dawn })) as Gpu;
      const opening = webgpuMachine(own).open(counting(16));
      setTimeout(() => own.device.destroy(), k);
      const session = await opening.catch((reason: unknown) => reason);
      if (session instanceof Error) expect(session.message).toMatch(/^the GPU was lost/);
      await own.device.lost;
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
