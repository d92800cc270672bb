import { InputError, shown } from "../errors/errors.js";
import type { Kernels } from "../kernels/instance.js";
import { gpuMachine } from "./gpuMachine.js";
import type { Machine } from "./machine.js";
import { wasmMachine } from "./wasm.js";
import type { GpuOptions } from "./webgpu/gpu.js";

/**
 * The machines that run programs: `wasm` (CPU, SIMD), `webgpu`, `reference` (float64, slow), or `auto` for the faster
 * one.
 */
export type BackendName = "auto" | "wasm" | "webgpu" | "reference";

export const BACKENDS: readonly BackendName[] = ["auto", "wasm", "webgpu", "reference"];

/** What ran. */
export interface BackendRecord {
  /** The machine's name. */
  readonly name: string;
  /** Its variant: `baseline` or `relaxed` kernels of the CPU, the adapter's name of a GPU. */
  readonly flavour: string;
  /** SHA-256 of the WebAssembly module, which draws all random numbers, and on `wasm` computes everything. */
  readonly kernels: string;
  /** On `webgpu`: the SHA-256 of the shaders' sources, and what decides which of them run. */
  readonly shaders?: string;
  /** Why this one. */
  readonly why?: string;
}

/** What the numbers of a run depend on besides its experiment and its data. */
export function backendRecord(
  { name, flavour, shaders }: Machine,
  { digest }: Kernels,
): BackendRecord {
  return { name, flavour, kernels: digest, ...(shaders !== undefined && { shaders }) };
}

/**
 * The machine of a name; `auto` stands for `wasm` here: `chooseBackend` is what chooses.
 * @throws InputError for a name that is not a backend's; RunError where `webgpu` is not to be had.
 */
export async function machineFor(
  name: string,
  kernels: Kernels,
  gpu?: GpuOptions,
): Promise<Machine> {
  if (name === "auto" || name === "wasm") return wasmMachine(kernels);
  // Loaded on demand, as the GPU machine is: most runs do without.
  if (name === "reference") return (await import("./reference.js")).referenceMachine();
  if (name === "webgpu") return gpuMachine(gpu);
  throw new InputError("backend", `backend is ${shown(name)}: takes one of ${BACKENDS.join(", ")}`);
}
