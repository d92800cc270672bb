import type { BenchOptions, BenchResult } from "./benchResult.js";

/**
 * Times training steps on the CPU and on the GPU. The CPU is timed on a single replica, because it runs replicas one
 * after another (or side by side on workers). Sizes that do not fit into a machine's memory are left out, and so are
 * those that would take a software GPU minutes.
 */
export async function bench(options: BenchOptions = {}): Promise<BenchResult> {
  // Loaded on demand, so that a page that never times its machines does not load what times them.
  const { benchHere } = await import("./bencher.js");
  return benchHere(options);
}
