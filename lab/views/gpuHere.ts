import { signal } from "@preact/signals";
import { adapterOf, isSoftware } from "../../ts/backend/webgpu/gpu.js";

/** Whether this page can use a GPU, in one sentence. */
export interface GpuHere {
  readonly found: boolean;
  /** Whether it is a processor that emulates one. */
  readonly software: boolean;
  readonly says: string;
}

/** Null until the browser has answered. */
export const gpuHere = signal<GpuHere | null>(null);

/** Asks the browser once. */
export async function lookForGpu(): Promise<void> {
  gpuHere.value ??= await look();
}

async function look(): Promise<GpuHere> {
  const missing = (says: string) => ({
    found: false,
    software: false,
    says: `WebGPU is missing: ${says}`,
  });
  if (!isSecureContext) {
    return missing(
      `browsers offer it in a secure context alone, and ${location.origin} is none. Open the page by https, or from http://127.0.0.1.`,
    );
  }
  if (!navigator.gpu) return missing("this browser does not offer it (navigator.gpu).");
  let adapter: GPUAdapter | null;
  try {
    adapter = await adapterOf(navigator.gpu);
  } catch (error) {
    return missing(
      `${error instanceof Error ? error.message : error} (requestAdapter). A new start of the browser may bring it back.`,
    );
  }
  if (!adapter) {
    return missing("the browser has the interface, but no adapter (requestAdapter).");
  }
  const { vendor, architecture } = adapter.info;
  const name = [vendor, architecture].filter(Boolean).join(" ") || "an adapter without a name";
  return { found: true, software: isSoftware(adapter.info), says: `WebGPU is there (${name}).` };
}
