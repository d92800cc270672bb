import { existsSync } from "node:fs";
import { dawn } from "../ts/backend/node/dawn.js";
import { Gpu, type GpuOptions } from "../ts/backend/webgpu/gpu.js";
import { sharedGpu } from "../ts/backend/webgpu/shared.js";

// A machine without a GPU can still prove the kernels right: Chromium brings SwiftShader, a Vulkan in software.
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";
if (!process.env.VK_DRIVER_FILES && existsSync(SWIFTSHADER)) {
  process.env.VK_DRIVER_FILES = SWIFTSHADER;
}

/**
 * The process' device to test on, or why there is none; in CI there has to be one. A software adapter takes seconds to
 * compile a kernel, which is kept with its device: test files that call this share a process (vitest.config.ts).
 */
export async function testGpu(options: GpuOptions = {}): Promise<Gpu | { none: string }> {
  const gpu = await sharedGpu({ source: dawn, ...options });
  if ("none" in gpu) {
    if (process.env.CI) throw new Error(`no GPU to test on: ${gpu.none}`);
    console.warn(`Tests on a GPU are skipped: ${gpu.none}.`);
  }
  return gpu;
}

/** The same device, which does not say that it is software: its products take the tiles that they take on a GPU. */
export function asHardware({ device, can }: Gpu): Gpu {
  const info = { vendor: "acme", architecture: "", device: "", description: "" };
  return new Gpu(device, info as GPUAdapterInfo, can.subgroups);
}
