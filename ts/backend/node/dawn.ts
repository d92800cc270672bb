import { tmpdir } from "node:os";
import type * as Dawn from "webgpu";
import { surelyNoAdapter } from "../deviceFiles.js";

// Dawn crashes once its instance has been collected while a device lives: it is kept for the process.
let instance: Promise<GPU> | undefined;

/**
 * WebGPU in Node: the optional peer dependency `webgpu`.
 * @throws Error that says so where it is not installed or does not load.
 */
export function dawn(): Promise<GPU> {
  if (instance) return instance;
  const loading = load();
  instance = loading;
  // A driver may be named later.
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
  // Dawn would find none either, and complain on standard error in several lines.
  if (surelyNoAdapter()) throw new Error("this host has no GPU and no driver of Vulkan");
  // Mesa's layer complains on standard error where this is not set, though no window is ever opened.
  if (process.platform === "linux") process.env.XDG_RUNTIME_DIR ??= tmpdir();
  return module.create([]);
}
