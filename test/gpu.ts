import { dawn } from "../ts/backend/node/dawn.js";
import { Gpu, type GpuOptions } from "../ts/backend/webgpu/gpu.js";
import { sharedGpu } from "../ts/backend/webgpu/shared.js";

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
