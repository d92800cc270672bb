import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { dispatchesOf, partsOf } from "../../ts/backend/webgpu/dispatches.js";
import { webgpuMachine } from "../../ts/backend/webgpu/webgpu.js";
import { benchPlan } from "../../ts/check/bench/benchPlan.js";
import { lower } from "../../ts/program/lower.js";
import type { Gather, Op, Program, Region } from "../../ts/program/ops.js";
import { testGpu } from "../gpu.js";

// Operations that do not depend on each other are one dispatch on the GPU.

const gpu = await testGpu();

const ROWS = 3;
const to = (buffer: string, offset: number, cols: number) => ({
  buffer,
  offset,
  rows: ROWS,
  cols,
  stride: 6,
});
const from = (source: string, into: Gather["into"], scale: Gather["scale"] = 1): Gather => ({
  op: "gather",
  source,
  index: "index",
  into,
  scale,
  shift: 0.5,
});

function programOf(ops: readonly Op[]): Program {
  const shared = true;
  return {
    replicas: 2,
    buffers: {
      bytes: { type: "byte", length: 5 * 3, shared },
      floats: { type: "float", length: 5, shared },
      noise: { type: "float", length: 5 * 2, shared },
      index: { type: "index", length: 2 * ROWS, shared },
      into: { type: "float", length: 6 * ROWS },
      other: { type: "float", length: 6 * ROWS },
    },
    fills: [],
    lists: { list: { ops, slots: 0 } },
  };
}

const can = { subgroups: false, workgroupBytes: 16384, software: false };
/** All but the one that ends a pass. */
const dispatches = (...ops: Op[]) => {
  const program = programOf(ops);
  return dispatchesOf(program.lists.list, program, can).length - 1;
};

const inputs = from("bytes", to("into", 0, 3));
const noise = from("noise", to("into", 4, 2), [2, 3]);
const targets = from("floats", to("other", 0, 1), [1, 2]);

test("those that write apart are one dispatch, those that meet are not", () => {
  expect(dispatches(inputs, targets, noise)).toBe(1);
  expect(dispatches(inputs, from("noise", to("into", 2, 2)))).toBe(2);
  expect(dispatches(inputs, from("into", to("other", 0, 6)))).toBe(2);
  const add = (cols: number): Op => {
    return { op: "addScaled", from: to("other", 0, cols), into: to("into", 3, cols), factor: 1 };
  };
  expect(dispatches(inputs, add(1), noise)).toBe(1);
  expect(dispatches(inputs, add(2), noise)).toBe(2);
});

/** Dispatches of a list of operations on square matrices, with the one that ends a pass. */
const onSquares = (n: number, ops: (at: (buffer: string) => Region) => Op[]) => {
  const at = (buffer: string) => ({ buffer, offset: 0, rows: n, cols: n, stride: n });
  const buffers = Object.fromEntries(
    ["a", "b", "c", "d"].map((name) => [name, { type: "float", length: n * n } as const]),
  );
  const lists = { list: { ops: ops(at), slots: 0 } };
  return dispatchesOf(lists.list, { buffers, fills: [], lists }, { ...can, workgroupBytes: 32768 });
};

test("operations with more workgroups together than an adapter has stay apart", () => {
  const adding = (at: (buffer: string) => Region): Op[] => [
    { op: "addScaled", from: at("a"), into: at("b"), factor: 1 },
    { op: "addScaled", from: at("c"), into: at("d"), factor: 1 },
  ];
  expect(onSquares(2048, adding).map(({ grid }) => grid)).toEqual([[2 * 2 ** 14 + 1, 1, 1]]);
  expect(onSquares(3072, adding).map(({ grid }) => grid[0])).toEqual([
    9 * 2 ** 12 + 1,
    9 * 2 ** 12,
  ]);
});

test("a product with the largest tile has its dispatch to itself", () => {
  const sides = { transposeA: false, transposeB: false, alpha: 1, beta: 0 };
  const products = (at: (buffer: string) => Region): Op[] => [
    { op: "addScaled", from: at("a"), into: at("d"), factor: 1 },
    { op: "product", a: at("a"), b: at("b"), c: at("c"), ...sides },
  ];
  expect(onSquares(128, products)).toHaveLength(1);
  expect(onSquares(2048, products)).toHaveLength(2);
});

test("a training step has few dispatches, as the documentation says", () => {
  const { program } = lower(benchPlan([784, 512, 512, 512, 10], 128));
  expect(partsOf(program.lists.step, program, can)).toHaveLength(29);
  expect(dispatchesOf(program.lists.step, program, can)).toHaveLength(18);
  expect(readFileSync("docs/gpu.md", "utf8").replaceAll(/\s+/g, " ")).toContain(
    "A step of 784-512-512-512-10 at batch 128 has 29 parts, which take 18 dispatches.",
  );
});

test.skipIf("none" in gpu)("one dispatch gathers what each would", async () => {
  if ("none" in gpu) return;
  const session = await webgpuMachine(gpu).open(programOf([inputs, targets, noise]));
  session.write(
    "bytes",
    Uint8Array.from({ length: 15 }, (_, i) => 10 * i),
  );
  session.write("floats", Float32Array.of(1, 2, 3, 4, 5));
  session.write(
    "noise",
    Float32Array.from({ length: 10 }, (_, i) => -i),
  );
  session.write("index", Uint32Array.of(0, 0, 0, 4, 1, 2));
  await session.run("list", 1, 1);
  const right = (replica: number) => {
    const rows = [4, 1, 2].map((i) => [
      ...[0, 1, 2].map((c) => 10 * (3 * i + c) + 0.5),
      0,
      ...[0, 1].map((c) => (2 + replica) * -(2 * i + c) + 0.5),
    ]);
    return rows.flat();
  };
  expect([...(await session.read("into"))]).toEqual([...right(0), ...right(1)]);
  const other = [5, 2, 3, 10, 4, 6].flatMap((x) => [x + 0.5, 0, 0, 0, 0, 0]);
  expect([...(await session.read("other"))]).toEqual(other);
  session.dispose();
});
