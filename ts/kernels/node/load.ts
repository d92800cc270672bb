import { readFile } from "node:fs/promises";
import { InputError } from "../../errors/errors.js";
import * as portable from "../kernels.js";

/**
 * Like `loadKernels` for browsers, but `file:` URLs, which Node cannot fetch, are read from this machine.
 * @throws InputError if a source that the caller gives does not hold these kernels; RunError if the host has no
 * WebAssembly SIMD.
 */
export async function loadKernels(options: portable.KernelOptions = {}): Promise<portable.Kernels> {
  const own = async (build: portable.Build) => {
    const source = options[build];
    return source && { [build]: await local(build, source) };
  };
  return portable.loadKernels({
    ...options,
    ...(await own("baseline")),
    ...(await own("relaxed")),
  });
}

async function local(
  build: portable.Build,
  source: portable.KernelSource,
): Promise<portable.KernelSource> {
  const url = String(source);
  if (!url.startsWith("file:")) return source;
  try {
    return await readFile(new URL(url));
  } catch (cause) {
    throw new InputError(build, `${build}: ${url} could not be read: ${(cause as Error).message}`);
  }
}
