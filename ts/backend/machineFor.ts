import { InputError, shown } from "../errors/errors.js";
import type { Kernels } from "../kernels/instance.js";
import { gpuMachine } from "./gpuMachine.js";
import type { Machine } from "./machine.js";
import { wasmMachine } from "./wasm.js";
import type { GpuOptions } from "./webgpu/gpu.js";

/**
 * A machine that runs programs: `wasm` (CPU, SIMD), `webgpu`, `reference` (float64, slow), or `auto` for the faster
 * one.
 */
export type BackendName = "auto" | "wasm" | "webgpu" | "reference";

export const BACKENDS: readonly BackendName[] = ["auto", "wasm", "webgpu", "reference"];

/** The machine that ran. */
export interface BackendRecord {
  /** The machine's name. */
  readonly name: string;
  /** Its variant: the CPU's `baseline` or `relaxed` kernels, or the GPU adapter's name. */
  readonly flavour: string;
  /** SHA-256 of the WebAssembly module. It draws all random numbers, and on `wasm` it also computes everything else. */
  readonly kernels: string;
  /** On `webgpu`: the SHA-256 of the shaders' sources, and the features that decide which of them run. */
  readonly shaders?: string;
  /** Why this machine was chosen. */
  readonly why?: string;
}

/** The record of what a run's numbers depend on, besides its experiment and its data. */
export function backendRecord(
  { name, flavour, shaders }: Machine,
  { digest }: Kernels,
): BackendRecord {
  return { name, flavour, kernels: digest, ...(shaders !== undefined && { shaders }) };
}

/** The reasons that there are, as one. */
export function reasons(...all: (string | undefined)[]): string {
  return all.filter(Boolean).join("; ");
}

/**
 * The machine with this name. `auto` means `wasm` here; `chooseBackend` makes the choice between machines.
 * @throws InputError for an unknown name; RunError if `webgpu` is not available.
 */
export async function machineFor(
  name: string,
  kernels: Kernels,
  gpu?: GpuOptions,
): Promise<Machine> {
  if (name === "auto" || name === "wasm") return wasmMachine(kernels);
  // Loaded on demand, like the GPU machine, because most runs do not need it.
  if (name === "reference") return (await import("./reference.js")).referenceMachine();
  if (name === "webgpu") return gpuMachine(gpu);
  throw new InputError("backend", `backend is ${shown(name)}: takes one of ${BACKENDS.join(", ")}`);
}
