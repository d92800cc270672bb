import { tmpdir } from "node:os";
import type * as Dawn from "webgpu";

// Dawn crashes once its instance has been collected while a device lives: it is kept for the process.
let instance: Promise<GPU> | undefined;

/**
 * WebGPU in Node: the optional peer dependency `webgpu`.
 * @throws Error that says so where it is not installed or does not load.
 */
export function dawn(): Promise<GPU> {
  instance ??= load();
  return instance;
}

async function load(): Promise<GPU> {
  let module: typeof Dawn;
  try {
    module = await import("webgpu");
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND";
    throw new Error(
      missing
        ? "the package webgpu is not installed (npm install webgpu)"
        : `the package webgpu does not load: ${(cause as Error).message}`,
      { cause },
    );
  }
  // Mesa's layer complains on standard error where this is not set, though no window is ever opened.
  if (process.platform === "linux") process.env.XDG_RUNTIME_DIR ??= tmpdir();
  return module.create([]);
}
