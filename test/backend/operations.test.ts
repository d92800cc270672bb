import { expect, test } from "vitest";
import type { Machine } from "../../ts/backend/machine.js";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { webgpuMachine } from "../../ts/backend/webgpu/webgpu.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { testGpu } from "../gpu.js";
import { conform } from "./conform.js";

const gpu = await testGpu();
const withoutSubgroups = await testGpu({ withoutSubgroups: true });
const onGpu = (found: typeof gpu) => ("none" in found ? null : webgpuMachine(found));

const subjects: [string, Machine | null][] = [
  ["wasm baseline", wasmMachine(await loadKernels())],
  ["wasm relaxed", wasmMachine(await loadKernels({ fast: true }))],
  ["webgpu", onGpu(gpu)],
  ["webgpu without subgroups", onGpu(withoutSubgroups)],
];

for (const [name, machine] of subjects) {
  test.skipIf(!machine)(
    `${name}: each operation, in each shape and layout, for 1 and for 5 replicas (skipped without a GPU)`,
    { timeout: 300_000 },
    async () => {
      const { cases, failures } = await conform(machine as Machine);
      expect(failures).toEqual([]);
      expect(cases).toBeGreaterThan(400);
    },
  );
}
