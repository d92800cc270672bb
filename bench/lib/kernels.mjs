import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { loadKernels } from "../../dist/node.js";
import { fusedPeak, separatePeak } from "./peakSource.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const fileOf = (module) => `build/bench-${module}.wasm`;

/** Compiles the loops that measure this host for both targets, with the settings of the kernels. */
export async function compileBenchKernels() {
  const { default: asc } = await import("assemblyscript/asc");
  await mkdir(`${ROOT}/build`, { recursive: true });
  for (const [module, features, peak] of [
    ["baseline", "simd", separatePeak()],
    ["relaxed", "simd,relaxed-simd", fusedPeak()],
  ]) {
    const source = `build/bench-${module}.ts`;
    await writeFile(`${ROOT}/${source}`, peak);
    const { error, stderr } = await asc.main([
      ...["bench/assembly/copy.ts", source, "--baseDir", ROOT, "--outFile", fileOf(module)],
      ...["-O3", "--converge", "--noAssert", "--runtime", "stub", "--use", "abort="],
      ...["--initialMemory", "1", "--enable", features],
    ]);
    if (error) throw new Error(`${source}: ${stderr.toString() || error.message}`);
  }
}

/** @throws Error if fused multiply-add is asked for and the host does not have it. */
export async function benchKernels(fast) {
  // Turns relaxed SIMD on where the host has it behind a flag.
  const { flavour } = await loadKernels({ fast });
  if (fast && flavour !== "relaxed") throw new Error("this host has no relaxed SIMD");
  return WebAssembly.compile(await readFile(`${ROOT}/${fileOf(flavour)}`));
}
