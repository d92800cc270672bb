import { describe, expect, test } from "vitest";
import type { Machine } from "../../ts/backend/machine.js";
import { referenceMachine } from "../../ts/backend/reference.js";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { webgpuMachine } from "../../ts/backend/webgpu/webgpu.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import type { Op, Program, Region } from "../../ts/program/ops.js";
import { testGpu } from "../gpu.js";

const ROWS = 6;
const INPUTS = 5;
const CLASSES = 3;
const BATCH = 2;

const matrix = (buffer: string, rows: number, cols: number): Region => ({
  ...{ buffer, rows, cols },
  offset: 0,
  stride: cols,
});
const plain = { scale: 1, shift: 0 } as const;
const into = matrix("x", BATCH, INPUTS);
const labels = matrix("y", BATCH, 1);
const logits = matrix("z", BATCH, CLASSES);
const OPS: Op[] = [
  { op: "gather", source: "inputs", index: "order", into, ...plain },
  { op: "gather", source: "targets", index: "order", into: labels, ...plain },
  { op: "crossEntropy", logits, labels, slot: 0, scale: 1 },
  { op: "countCorrect", logits, labels, slot: 1 },
];
const program = (ops: readonly Op[], fills: Program["fills"] = []): Program => ({
  buffers: {
    inputs: { type: "float", length: ROWS * INPUTS, shared: true },
    targets: { type: "float", length: ROWS, shared: true },
    order: { type: "index", length: ROWS, shared: true },
    x: { type: "float", length: BATCH * INPUTS },
    y: { type: "float", length: BATCH },
    z: { type: "float", length: BATCH * CLASSES },
  },
  fills,
  lists: { list: { ops, slots: 2 } },
});

const gpu = await testGpu();
const machines: [string, Machine | null][] = [
  ["reference", referenceMachine()],
  ["wasm", wasmMachine(await loadKernels())],
  ["webgpu", "none" in gpu ? null : webgpuMachine(gpu)],
];

describe.each(machines)("on %s (skipped without a GPU)", (_, machine) => {
  const open = async () => {
    const session = await (machine as Machine).open(program(OPS));
    session.write("targets", Float32Array.of(0, 1, 2, 2, 1, 0));
    session.write("order", Uint32Array.of(5, 4, 3, 2, 1, 0));
    return session;
  };

  test.skipIf(!machine).each([
    ["targets", Float32Array.of(0, 1, 3), "targets takes integers from 0 to 2: element 2 is 3"],
    [
      "targets",
      Float64Array.of(4e9),
      "targets takes integers from 0 to 2: element 0 is 4000000000",
    ],
    ["targets", Float32Array.of(-1), "targets takes integers from 0 to 2: element 0 is -1"],
    [
      "targets",
      Float32Array.of(Number.NaN),
      "targets takes integers from 0 to 2: element 0 is NaN",
    ],
    ["y", Float32Array.of(0, 7), "y takes integers from 0 to 2: element 1 is 7"],
    ["order", Uint32Array.of(0, ROWS), "order takes integers from 0 to 5: element 1 is 6"],
    [
      "order",
      Uint32Array.of(0xffffffff),
      "order takes integers from 0 to 5: element 0 is 4294967295",
    ],
    ["order", Float64Array.of(-1), "order takes integers from 0 to 5: element 0 is -1"],
    ["order", Float64Array.of(0.7), "order takes integers from 0 to 5: element 0 is 0.7"],
  ])("%s: no index or label that is none", async (buffer, values, message) => {
    const session = await open();
    try {
      const before = await session.read(buffer);
      expect(() => session.write(buffer, values)).toThrow(new RangeError(message));
      expect(await session.read(buffer)).toEqual(before);
    } finally {
      session.dispose();
    }
  });

  test.skipIf(!machine).each([
    [0, 4],
    [3, 1],
    [-1, 1],
    [0.5, 1],
    [Number.NaN, 1],
  ])("no passes from %d on, %d in number, where the indices are of three", async (first, count) => {
    const session = await open();
    try {
      await expect(session.run("list", first, count)).rejects.toThrow(
        new RangeError(`list has 3 passes: ${count} from pass ${first} on are too many`),
      );
      expect(Array.from(await session.run("list", 2, 1)).map((x) => x.toFixed(4))).toEqual(
        // Logits of zeros: ln 3 each; class 0 is the first of equals.
        [(2 * Math.log(3)).toFixed(4), "1.0000"],
      );
    } finally {
      session.dispose();
    }
  });

  test.skipIf(!machine).each([
    ["y", [...OPS, { op: "addScaled", from: labels, into: labels, factor: 2 }], []],
    ["y", [{ ...OPS[1], scale: 2 }, ...OPS.slice(2)], []],
    ["y", OPS, [{ region: labels, value: 9 }]],
  ])("no program that computes its labels", async (buffer, ops, fills) => {
    await expect((machine as Machine).open(program(ops as Op[], fills))).rejects.toThrow(
      `the program computes ${buffer}, whose elements are indices or labels`,
    );
  });
});
