import { inflated } from "../inflated.js";
import type { KernelExports, Kernels } from "../instance.js";
import { widest } from "../wide.js";

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

const compiled = new Map<string, Promise<ThreadKernels>>();

/**
 * The build for threads that makes the bits of these kernels, compiled once a process; null for a module that the caller
 * gave, of which there is none.
 */
export function threadKernels({ flavour, vectorBits }: Kernels): Promise<ThreadKernels> | null {
  if (flavour === "own") return null;
  const build = vectorBits === 256 ? "wide" : flavour;
  const found = compiled.get(build) ?? loaded(build);
  compiled.set(build, found);
  found.catch(() => compiled.delete(build));
  return found;
}

async function loaded(build: "baseline" | "relaxed" | "wide"): Promise<ThreadKernels> {
  if (build === "baseline") {
    return embedded((await import("../embeddedBaselineThreads.js")).BYTES);
  }
  const relaxed = await embedded((await import("../embeddedRelaxedThreads.js")).BYTES);
  if (build === "relaxed") return relaxed;
  const { BYTES } = await import("../embeddedWideThreads.js");
  const wide = await widest(BYTES, relaxed, kernelsOf);
  return wide ? kernelsOf(wide) : relaxed;
}

async function embedded(bytes: string): Promise<ThreadKernels> {
  return kernelsOf(await WebAssembly.compile(await inflated(bytes)));
}

/** The largest memory that the module takes. */
const MOST = 65536;

function kernelsOf(module: WebAssembly.Module): ThreadKernels {
  return {
    module,
    instantiate: (given) => {
      const memory = given ?? new WebAssembly.Memory({ initial: 1, maximum: MOST, shared: true });
      const { exports } = new WebAssembly.Instance(module, { env: { memory } });
      return { ...exports, memory } as unknown as ThreadExports;
    },
  };
}
