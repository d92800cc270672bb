import type { Abilities, Dispatch } from "../../../gpu/kernel.js";
import { within } from "../../async/within.js";
import { RunError } from "../../errors/errors.js";

/** Which GPU to use, and how. */
export interface GpuOptions {
  /**
   * A device of the caller's, which is not destroyed. It should have the adapter's limits, and the feature `subgroups`
   * if the adapter has it.
   */
  readonly device?: GPUDevice;
  /** Which adapter to ask for: `high-performance` or `low-power`. */
  readonly powerPreference?: GPUPowerPreference;
  /** Returns the WebGPU implementation; default `navigator.gpu`. */
  readonly source?: () => Promise<GPU | undefined>;
  /** Whether to use kernels without subgroup operations even if the adapter has them; default false. */
  readonly withoutSubgroups?: boolean;
}

/** A device, its properties, and the pipelines that were compiled for it. */
export class Gpu {
  readonly device: GPUDevice;
  readonly can: Abilities;
  /** The adapter's name for people. */
  readonly name: string;
  /** Whether the adapter is a CPU that emulates a GPU. */
  readonly software: boolean;
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  #failure: string | null = null;
  /** Functions that end the pending waits if the device is lost. */
  readonly #waits = new Set<() => void>();

  constructor(device: GPUDevice, info: GPUAdapterInfo, subgroups: boolean) {
    this.device = device;
    this.name = nameOf(info);
    this.software = isSoftware(info);
    this.can = { subgroups, workgroupBytes: device.limits.maxComputeWorkgroupStorageSize };
    device.lost.then(({ message }) => {
      this.#failure ??= `the GPU was lost (${message || "no reason given"}): run again, or take the backend wasm`;
      for (const end of this.#waits) end();
    });
    // A listener, not `onuncapturederror`: a caller's own device may have its own handler there.
    device.addEventListener("uncapturederror", ({ error }) => {
      this.#failure ??= `the GPU failed: ${firstLine(error.message)}`;
    });
  }

  get lost(): boolean {
    return this.#failure !== null;
  }

  /** @throws RunError if the device was lost or one of its operations failed. */
  check(): void {
    if (this.#failure !== null) throw new RunError(this.#failure);
  }

  /**
   * Waits for a promise, or until the device is lost.
   * @throws RunError if the device is lost, or the promise rejects.
   */
  async until<T>(promise: Promise<T>): Promise<T> {
    // A race with `device.lost` itself would add a callback to that promise for every wait and never remove it.
    let end = () => {};
    const lost = new Promise<null>((resolve) => {
      end = () => resolve(null);
    });
    this.#waits.add(end);
    if (this.lost) end();
    try {
      const [value] = (await Promise.race([promise.then((it) => [it]), lost])) ?? [];
      this.check();
      return value as T;
    } catch (cause) {
      if (cause instanceof RunError) throw cause;
      // A rejected map may arrive before the device reports its loss. Wait a little for that, because it tells more.
      await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, 100))]);
      this.check();
      throw new RunError(`the GPU failed: ${firstLine((cause as Error).message)}`, { cause });
    } finally {
      this.#waits.delete(end);
    }
  }

  /** The pipeline of a dispatch. Each shader text is compiled once. */
  pipeline(dispatch: Dispatch): Promise<GPUComputePipeline> {
    const { code } = dispatch;
    const found = this.#pipelines.get(code);
    if (found) return found;
    const made = this.device.createComputePipelineAsync({
      layout: this.device.createPipelineLayout({ bindGroupLayouts: [this.layout(dispatch)] }),
      compute: { module: this.device.createShaderModule({ code }), entryPoint: "main" },
    });
    this.#pipelines.set(code, made);
    return made;
  }

  layout({ bindings }: Dispatch): GPUBindGroupLayout {
    const key = bindings.map(({ writes }) => (writes ? "w" : "r")).join("");
    const found = this.#layouts.get(key);
    if (found) return found;
    const types = bindings.map(({ writes }) => (writes ? "storage" : "read-only-storage"));
    const entries = (["uniform", ...types] as GPUBufferBindingType[]).map((type, binding) => ({
      binding,
      visibility: 4, // GPUShaderStage.COMPUTE
      buffer: { type },
    }));
    const made = this.device.createBindGroupLayout({ entries });
    this.#layouts.set(key, made);
    return made;
  }
}

/**
 * Opens a device.
 * @returns the device, or the reason why there is none.
 */
export async function openGpu(options: GpuOptions = {}): Promise<Gpu | { readonly none: string }> {
  const { device, powerPreference, withoutSubgroups } = options;
  const source = options.source ?? (async () => globalThis.navigator?.gpu);
  const gpu = await source().catch((error: Error) => error);
  if (gpu instanceof Error) return { none: firstLine(gpu.message) };
  if (!gpu && !device) return { none: "there is no WebGPU here" };
  const countsSubgroups = gpu?.wgslLanguageFeatures.has("subgroup_id") ?? false;
  const subgroups = (features: GPUSupportedFeatures) =>
    !withoutSubgroups && countsSubgroups && features.has("subgroups");
  if (device)
    return new Gpu(
      device,
      device.adapterInfo ?? ({} as GPUAdapterInfo),
      subgroups(device.features),
    );
  try {
    const adapter = await adapterOf(gpu as GPU, { powerPreference });
    if (!adapter) return { none: "WebGPU has no adapter here" };
    const { limits, features } = adapter;
    const requiredFeatures: GPUFeatureName[] = features.has("subgroups") ? ["subgroups"] : [];
    const requiredLimits = Object.fromEntries(
      LIMITS.map((name) => [name, limits[name]]),
    ) as GPUDeviceDescriptor["requiredLimits"];
    const asked = adapter.requestDevice({ requiredFeatures, requiredLimits });
    const opened = await within(PATIENCE, asked, SILENT);
    // Otherwise Dawn prints the error in many lines.
    opened.onuncapturederror = (event) => event.preventDefault();
    destroyAtExit(opened);
    return new Gpu(opened, adapter.info, subgroups(features));
  } catch (error) {
    return { none: `WebGPU gives no device: ${firstLine((error as Error).message)}` };
  }
}

/** Seconds. Chromium never answers after several crashes of its GPU process. */
const PATIENCE = 60;
const SILENT = `no answer within ${PATIENCE} s`;

/**
 * Asks for an adapter.
 * @throws Error if WebGPU does not answer.
 */
export function adapterOf(
  gpu: GPU,
  options?: GPURequestAdapterOptions,
): Promise<GPUAdapter | null> {
  return within(PATIENCE, gpu.requestAdapter(options), SILENT);
}

const live = new Set<GPUDevice>();

/**
 * Destroys the device when the process ends. Dawn crashes in a third of the cases in which a Node process ends while a
 * device is busy, for example after an error (webgpu 0.6.2: 9 of 24 such ends; none if the device is destroyed first).
 */
function destroyAtExit(device: GPUDevice): void {
  if (live.size === 0) globalThis.process?.once?.("exit", destroyAll);
  live.add(device);
  device.lost.then(() => {
    live.delete(device);
    if (live.size === 0) globalThis.process?.off?.("exit", destroyAll);
  });
}

function destroyAll(): void {
  for (const device of live) device.destroy();
}

const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
] as const;

/** The device's own name and its driver; browsers hide both and tell only the vendor and the architecture. */
export function nameOf({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  const own = device.replace(/-+$/, "");
  if (own && description) return `${own} (${description})`;
  return description || [vendor, architecture, own].filter(Boolean).join(" ") || "unnamed GPU";
}

export function isSoftware(info: GPUAdapterInfo): boolean {
  const { vendor, architecture, device, description } = info;
  const words = `${vendor} ${architecture} ${device} ${description}`;
  return (
    info.isFallbackAdapter === true || /swiftshader|llvmpipe|softpipe|basic render/i.test(words)
  );
}

export function firstLine(text: string): string {
  return text.trim().split("\n")[0];
}
