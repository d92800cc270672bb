import type { KernelExports } from "./instance.js";

/** What a build for threads exports besides (`assembly/threads.ts`). Addresses and sizes are in bytes. */
export interface ThreadExports extends KernelExports {
  tileRows(): number;
  tileCols(): number;
  runPart(
    list: number,
    length: number,
    first: number,
    count: number,
    trace: number,
    slots: number,
    workspace: number,
    shared: number,
    threads: number,
  ): number;
}

/** Kernels whose instances may have one memory in common. */
export interface ThreadKernels {
  readonly module: WebAssembly.Module;
  /** An instance on a memory. Nothing may run on that memory meanwhile. */
  instantiate(memory?: WebAssembly.Memory): ThreadExports;
}

/** The largest memory that the module takes. */
const MOST = 65536;

/** The kernels of a compiled build for threads. */
export function threadKernelsFrom(module: WebAssembly.Module): ThreadKernels {
  return {
    module,
    instantiate: (given) => {
      const memory = given ?? new WebAssembly.Memory({ initial: 1, maximum: MOST, shared: true });
      const { exports } = new WebAssembly.Instance(module, { env: { memory } });
      return { ...exports, memory } as unknown as ThreadExports;
    },
  };
}
