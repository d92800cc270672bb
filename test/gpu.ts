import { existsSync } from "node:fs";
import { dawn } from "../ts/backend/node/dawn.js";
import { type Gpu, type GpuOptions, openGpu } from "../ts/backend/webgpu/gpu.js";

// A machine without a GPU can still prove the kernels right: Chromium brings SwiftShader, a Vulkan in software.
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";
if (!process.env.VK_DRIVER_FILES && existsSync(SWIFTSHADER)) {
  process.env.VK_DRIVER_FILES = SWIFTSHADER;
}

/** A device to test on, or why there is none; in CI there has to be one. */
export async function testGpu(options: GpuOptions = {}): Promise<Gpu | { none: string }> {
  const gpu = await openGpu({ source: dawn, ...options });
  if ("none" in gpu) {
    if (process.env.CI) throw new Error(`no GPU to test on: ${gpu.none}`);
    console.warn(`Tests on a GPU are skipped: ${gpu.none}.`);
  }
  return gpu;
}
