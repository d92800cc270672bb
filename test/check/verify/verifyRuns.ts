import { gpuMachine } from "../../../ts/backend/gpuMachine.js";
import type { Machine } from "../../../ts/backend/machine.js";
import { wasmMachine } from "../../../ts/backend/wasm.js";
import { type VerifyResult, verify } from "../../../ts/check/verify/verify.js";
import { loadKernels } from "../../../ts/kernels/kernels.js";
import { type Conformance, conform } from "../../backend/conform.js";
import { type StepsFailure, stepsOutOfBound } from "../../support/networks.js";

/** What a page finds of its own machines. */
export function verifyHere(): Promise<VerifyResult> {
  return verify({
    network: { layers: [10], activation: "tanh" },
    data: { name: "gaussian-mixture", inputs: 3, classes: 3, train: 30, test: 0 },
    optimizer: { batchSize: 10 },
  });
}

export interface Conformed {
  /** What of the CPU's builds, or the GPU. */
  readonly machine: string;
  readonly operations: Conformance;
  readonly steps: readonly StepsFailure[];
}

/** The conformance suite on a page's own machines. `none` says why there is no GPU among them. */
export async function conformHere(): Promise<{ found: Conformed[]; none: string | null }> {
  const machines: [string, Machine][] = [];
  for (const fast of [false, true]) {
    const kernels = await loadKernels({ fast });
    machines.push([kernels.flavour, wasmMachine(kernels)]);
  }
  const gpu = await gpuMachine().catch((error: Error) => error.message);
  if (typeof gpu !== "string") machines.push(["webgpu", gpu]);
  const operations = await conform(machines.map(([, machine]) => ({ machine })));
  const steps = await stepsOutOfBound(machines.map(([, machine]) => machine));
  const found = machines.map(([machine], i) => ({
    machine,
    operations: operations[i],
    steps: steps[i],
  }));
  return { found, none: typeof gpu === "string" ? gpu : null };
}
