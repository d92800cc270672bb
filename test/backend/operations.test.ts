import { expect, test } from "vitest";
import type { Machine } from "../../ts/backend/machine.js";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { webgpuMachine } from "../../ts/backend/webgpu/webgpu.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { testGpu } from "../gpu.js";
import { conform } from "./conform.js";
import { type OperationCase, operationCases } from "./operationCases.js";

const gpu = await testGpu();
const withoutSubgroups = await testGpu({ withoutSubgroups: true });
const onGpu = (found: typeof gpu) => ("none" in found ? null : webgpuMachine(found));

// Only sums into the trace know of subgroups: other operations run the same kernels without.
const isSum = ({ op }: OperationCase) => "slot" in op;
const FULL = process.env.NINSCOPE_SOAK === "full";
// A software GPU takes a quarter of a second to compile a kernel: it gets every sixth case, and the first of each operation.
const cases = operationCases();
const onSoftware = new Set(
  cases
    .filter(({ op }, i) => i % 6 === 0 || cases.findIndex((other) => other.op.op === op.op) === i)
    .map(({ name }) => name),
);
const onGpuToo = ({ name }: OperationCase) => FULL || onSoftware.has(name);
const subjects: [string, Machine | null, number, ((one: OperationCase) => boolean)?][] = [
  ["wasm baseline", wasmMachine(await loadKernels()), 400],
  ["wasm relaxed", wasmMachine(await loadKernels({ fast: true })), 400],
  ["webgpu", onGpu(gpu), FULL ? 400 : 100, onGpuToo],
  [
    "webgpu without subgroups",
    onGpu(withoutSubgroups),
    FULL ? 90 : 15,
    (one) => isSum(one) && onGpuToo(one),
  ],
];
const there = subjects.flatMap(([name, machine, , takes]) =>
  machine ? [{ name, machine, takes }] : [],
);

// All at once, for the reference takes longer than the machines.
const conformance = conform(there);

for (const [name, machine, most] of subjects) {
  test.skipIf(!machine)(
    `${name}: each operation, in each shape and layout, for 1 and for 5 replicas (skipped without a GPU)`,
    async () => {
      const { cases, failures } = (await conformance)[there.findIndex((one) => one.name === name)];
      expect(failures).toEqual([]);
      expect(cases).toBeGreaterThan(most);
    },
  );
}
