import { type Gpu, type GpuOptions, openGpu } from "./gpu.js";

type Found = Gpu | { readonly none: string };

const own = new WeakMap<GPUDevice, Promise<Found>>();
const opened = new Map<unknown, Map<string, Promise<Found>>>();

/**
 * The process' GPU: a device, with all that was compiled for it, serves session after session. One that was lost
 * is replaced.
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
  // Others may have waited for the same, and seen to it.
  if (here.get(key) !== opening) return sharedGpu(options);
  // Where there was none, there may be one now: a driver may have come up.
  const fresh = openGpu(options);
  here.set(key, fresh);
  return fresh;
}
