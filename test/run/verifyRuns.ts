import type { Machine } from "../../ts/backend/machine.js";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { gpuMachine } from "../../ts/run/gpuMachine.js";
import { type VerifyResult, verify } from "../../ts/run/verify/verify.js";
import { type Conformance, conform } from "../backend/conform.js";
import { stepsOutOfBound } from "./networks.js";

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
  readonly steps: Awaited<ReturnType<typeof stepsOutOfBound>>;
}

/** The conformance suite on a page's own machines. */
export async function conformHere(): Promise<Conformed[]> {
  const machines: [string, Machine][] = [];
  for (const fast of [false, true]) {
    const kernels = await loadKernels({ fast });
    machines.push([kernels.flavour, wasmMachine(kernels)]);
  }
  machines.push(["webgpu", await gpuMachine()]);
  const found: Conformed[] = [];
  for (const [name, machine] of machines) {
    const operations = await conform(machine);
    found.push({ machine: name, operations, steps: await stepsOutOfBound(machine) });
  }
  return found;
}
