import { unzlibSync } from "fflate";
import { RunError } from "../errors/errors.js";
import { BYTES } from "./embedded.js";
import { DIGESTS } from "./embeddedDigests.js";
import { type Kernels, kernelsFrom } from "./instance.js";

let compiled: Kernels | undefined;

/**
 * The embedded baseline kernels, compiled on the spot and once a thread, for callers that cannot wait.
 * @throws RunError if the host has no WebAssembly SIMD, or compiles so large a module only in the background.
 */
export function kernelsNow(): Kernels {
  compiled ??= compile();
  return compiled;
}

function compile(): Kernels {
  const deflated = Uint8Array.from(atob(BYTES), (c) => c.charCodeAt(0));
  try {
    const module = new WebAssembly.Module(unzlibSync(deflated) as Uint8Array<ArrayBuffer>);
    return kernelsFrom(module, "baseline", 128, DIGESTS.baseline);
  } catch (cause) {
    throw new RunError(
      `this host could not compile the kernels at once (${(cause as Error).message}): give the option kernels, from await loadKernels()`,
      { cause },
    );
  }
}
