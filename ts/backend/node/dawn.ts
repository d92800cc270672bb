import { tmpdir } from "node:os";
import type * as Dawn from "webgpu";
import { surelyNoAdapter } from "../deviceFiles.js";

// Dawn crashes if its instance is garbage-collected while a device is in use, so it is kept until the process ends.
let instance: Promise<GPU> | undefined;

/**
 * WebGPU in Node, from the optional peer dependency `webgpu`.
 * @throws Error if the package is not installed or cannot be loaded.
 */
export function dawn(): Promise<GPU> {
  if (instance) return instance;
  const loading = load();
  instance = loading;
  // Try again at the next call: a driver may have been set by then.
  loading.catch(() => {
    instance = undefined;
  });
  return loading;
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
  // Dawn would find no adapter either, and would print several lines on standard error.
  if (surelyNoAdapter()) throw new Error("this host has no GPU and no Vulkan driver");
  // Mesa prints a warning on standard error if this is not set, although no window is ever opened.
  if (process.platform === "linux") process.env.XDG_RUNTIME_DIR ??= tmpdir();
  return module.create([]);
}
