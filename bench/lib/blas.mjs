import { processor } from "./processor.mjs";

/** OpenBLAS's names of kernels, by the width of their vectors in bits. All others have 128. */
const WIDTHS = {
  256: ["Haswell", "Zen"],
  512: ["SkylakeX", "Cooperlake", "SapphireRapids"],
};

/**
 * Why a contestant is not compared with: its BLAS may be the reference one, or an OpenBLAS that does not know this processor
 * and takes the kernels of one from 2004. Products then take 5 to 30 times as long as they need to. Null for a contestant
 * without a BLAS, or with a fast one.
 */
export function slowBlas({ blas }) {
  if (!blas) return null;
  if (!blas.name) {
    const found = blas.libraries.length > 0 ? blas.libraries.join(", ") : "none of the known ones";
    return `not compared, because its BLAS is not one that is made for speed (it loads ${found}): apt-get install libopenblas0-pthread`;
  }
  const width = widthOf(processor().simd);
  if (!blas.core || !width || widthOfKernels(blas.core) >= width) return null;
  return `not compared, because ${blas.name} does not use the vectors of ${width} bits that this processor has: set OPENBLAS_CORETYPE=${WIDTHS[width][0]}, or install a newer OpenBLAS`;
}

/** Bits of the processor's vectors; null if OpenBLAS's choice tells nothing about them, as on ARM. */
function widthOf(simd = []) {
  if (simd.includes("avx512f")) return 512;
  return simd.includes("avx2") && simd.includes("fma") ? 256 : null;
}

function widthOfKernels(core) {
  const found = Object.entries(WIDTHS).find(([, cores]) => cores.includes(core));
  return found ? Number(found[0]) : 128;
}

/** Which BLAS the contestants multiply with, a line for each contestant that has one. */
export function blasLines(results) {
  const lines = results.flatMap(({ side, blas }) =>
    blas ? [`${side} multiplies with ${blas.name}.`] : [],
  );
  return [...new Set(lines)];
}
