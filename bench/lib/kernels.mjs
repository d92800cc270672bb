import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { loadKernels } from "../../dist/node.js";
import { fusedPeak, separatePeak, widePeak } from "./peakSource.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const fileOf = (module) => `build/bench-${module}.wasm`;

/** Compiles the loops that measure this host for each target, with the settings of the kernels. */
export async function compileBenchKernels() {
  const { default: asc } = await import("assemblyscript/asc");
  await mkdir(`${ROOT}/build`, { recursive: true });
  for (const [module, features, peak] of [
    ["baseline", "simd", separatePeak()],
    ["relaxed", "simd,relaxed-simd", fusedPeak()],
    ["wide", "simd,relaxed-simd", widePeak()],
  ]) {
    const source = `build/bench-${module}.ts`;
    await writeFile(`${ROOT}/${source}`, peak);
    const { error, stderr } = await asc.main([
      ...["bench/assembly/copy.ts", source, "--baseDir", ROOT, "--outFile", fileOf(module)],
      ...[
        "-O3",
        "--converge",
        "--noAssert",
        "--runtime",
        "stub",
        "--use",
        "abort=",
        "--use",
        "WIDE=0",
      ],
      ...["--initialMemory", "1", "--enable", features],
    ]);
    if (error) throw new Error(`${source}: ${stderr.toString() || error.message}`);
  }
}

/** The build of kernels: `baseline`, `relaxed`, or `wide` if their products use vectors of 256 bits. */
export function moduleOf({ flavour, vectorBits }) {
  return vectorBits > 128 ? "wide" : flavour;
}

/** @throws Error if the caller asks for fused multiply-add and the host does not have it. */
export async function benchKernels(module) {
  // Turns relaxed SIMD on if the host has it behind a flag.
  const { flavour } = await loadKernels({ fast: module !== "baseline" });
  if (module !== "baseline" && flavour === "baseline")
    throw new Error("this host has no relaxed SIMD");
  // Loading the kernels turns the flag off again after compiling them.
  if (module === "wide") setFlagsFromString("--experimental-wasm-revectorize");
  return WebAssembly.compile(await readFile(`${ROOT}/${fileOf(module)}`));
}
