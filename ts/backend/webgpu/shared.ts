import { type Gpu, type GpuOptions, openGpu } from "./gpu.js";

type Found = Gpu | { readonly none: string };

const own = new WeakMap<GPUDevice, Promise<Found>>();
const opened = new Map<unknown, Map<string, Promise<Found>>>();

/**
 * The GPU that the whole process shares. One device, with all pipelines compiled for it, serves one session after
 * another. A lost device is replaced.
 */
export async function sharedGpu(options: GpuOptions = {}): Promise<Found> {
  const { device, powerPreference, withoutSubgroups } = options;
  if (device) {
    const known = own.get(device) ?? openGpu(options);
    own.set(device, known);
    return known;
  }
  const key = JSON.stringify([powerPreference, withoutSubgroups]);
  const here = opened.get(options.source) ?? new Map<string, Promise<Found>>();
  opened.set(options.source, here);
  const opening = here.get(key);
  const known = await opening;
  if (known && !("none" in known) && !known.lost) return known;
  // While this call waited, another one may have opened a new device.
  if (here.get(key) !== opening) return sharedGpu(options);
  // Try again even if there was no GPU before: a driver may have become available.
  const fresh = openGpu(options);
  here.set(key, fresh);
  return fresh;
}
