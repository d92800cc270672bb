import { inflated } from "./inflated.js";
import type { Kernels } from "./instance.js";
import { type ThreadKernels, threadKernelsFrom } from "./threadInstance.js";

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
    return embedded((await import("./embeddedBaselineThreads.js")).BYTES);
  }
  const relaxed = await embedded((await import("./embeddedRelaxedThreads.js")).BYTES);
  if (build === "relaxed") return relaxed;
  const { BYTES } = await import("./embeddedWideThreads.js");
  const { widest } = await import("./wide.js");
  const wide = await widest(BYTES, relaxed, threadKernelsFrom);
  return wide ? threadKernelsFrom(wide) : relaxed;
}

async function embedded(bytes: string): Promise<ThreadKernels> {
  return threadKernelsFrom(await WebAssembly.compile(await inflated(bytes)));
}
