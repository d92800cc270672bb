import type { Machine } from "../backend/machine.js";
import { referenceMachine } from "../backend/reference.js";
import { wasmMachine } from "../backend/wasm.js";
import { InputError, shown } from "../errors/errors.js";
import type { Kernels } from "../kernels/kernels.js";

/** `auto` takes the fastest machine at hand that gives the same bits everywhere: `wasm`. */
export type BackendName = "auto" | "wasm" | "reference";

export const BACKENDS: readonly BackendName[] = ["auto", "wasm", "reference"];

/** @throws InputError for a name that is not a backend's. */
export function machineFor(name: string, kernels: Kernels): Machine {
  if (name === "auto" || name === "wasm") return wasmMachine(kernels);
  if (name === "reference") return referenceMachine();
  throw new InputError("backend", `backend is ${shown(name)}: takes one of ${BACKENDS.join(", ")}`);
}
