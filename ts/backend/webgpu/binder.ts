import { COUNTER, type Dispatch, SCRATCH, SUMS, TRACE } from "../../../gpu/kernel.js";
import { RunError } from "../../errors/errors.js";
import { type Program, replicasOf, storedLength } from "../../program/ops.js";
import { BYTES } from "../arena.js";
import type { Gpu } from "./gpu.js";

/** A dispatch that is ready to be encoded. */
export interface Step {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly grid: readonly [number, number, number];
}

/** Bytes of trace that are kept on the device at a time. */
export const TRACE_BYTES = 1 << 20;
/** The buffer that holds the parameters of all dispatches. */
export const PARAMETERS = "#parameters";
/** An alignment of uniform buffers that every adapter accepts. */
const ALIGNMENT = 256;

/** Places every dispatch's parameters in one buffer, and binds them together with its other buffers. */
export class Binder {
  readonly #gpu: Gpu;
  readonly #buffers: ReadonlyMap<string, GPUBuffer>;
  #end = 0;

  constructor(gpu: Gpu, buffers: ReadonlyMap<string, GPUBuffer>) {
    this.#gpu = gpu;
    this.#buffers = buffers;
  }

  async step(dispatch: Dispatch): Promise<Step> {
    const { device } = this.#gpu;
    const { parameters, bindings, grid } = dispatch;
    const buffer = this.#of(PARAMETERS);
    const offset = this.#end;
    this.#end = aligned(offset + parameters.byteLength);
    device.queue.writeBuffer(buffer, offset, parameters);
    const resources = [
      { buffer, offset, size: parameters.byteLength },
      ...bindings.map((binding) => ({ buffer: this.#of(binding.buffer) })),
    ];
    const group = device.createBindGroup({
      layout: this.#gpu.layout(dispatch),
      entries: resources.map((resource, binding) => ({ binding, resource })),
    });
    return { pipeline: await this.#gpu.pipeline(dispatch), group, grid };
  }

  #of(name: string): GPUBuffer {
    const found = this.#buffers.get(name);
    if (!found) throw new Error(`the program has no buffer ${name}`);
    return found;
  }
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** Bytes of every buffer of the session. */
export function sizesOf(program: Program, dispatches: readonly Dispatch[]): Map<string, number> {
  const replicas = replicasOf(program);
  const sizes = new Map<string, number>();
  // Kernels read vectors of four, so the last vector may reach beyond the buffer's elements.
  for (const [name, spec] of Object.entries(program.buffers)) {
    const bytes = storedLength(spec, replicas) * BYTES[spec.type];
    sizes.set(name, Math.max(16, Math.ceil(bytes / 16) * 16));
  }
  const widest = Math.max(1, ...Object.values(program.lists).map(({ slots }) => slots * replicas));
  sizes.set(TRACE, Math.max(TRACE_BYTES, 4 * widest));
  sizes.set(COUNTER, 16);
  for (const name of [SCRATCH, SUMS]) {
    const ends = dispatches.flatMap(({ accesses }) =>
      accesses.flatMap(({ place: { buffer, offset, cols } }) =>
        buffer === name ? [offset + cols] : [],
      ),
    );
    sizes.set(name, 4 * Math.max(4, ...ends));
  }
  const parameters = dispatches.reduce((sum, d) => sum + aligned(d.parameters.byteLength), 0);
  sizes.set(PARAMETERS, Math.max(ALIGNMENT, parameters));
  return sizes;
}

/** @throws RunError that names the device limit that is exceeded. */
export function checkLimits(
  sizes: ReadonlyMap<string, number>,
  dispatches: readonly Dispatch[],
  limits: GPUSupportedLimits,
): void {
  for (const [name, size] of sizes) {
    for (const limit of ["maxStorageBufferBindingSize", "maxBufferSize"] as const) {
      if (size <= limits[limit]) continue;
      throw new RunError(
        `the buffer ${name} takes ${megabytes(size)}: this GPU's ${limit} is ${megabytes(limits[limit])}; take fewer replicas, fewer samples or narrower layers, or the backend wasm`,
      );
    }
  }
  const most = limits.maxComputeWorkgroupsPerDimension;
  const widest = Math.max(...dispatches.flatMap(({ grid }) => grid));
  if (widest > most) {
    throw new RunError(
      `a step takes ${widest} workgroups along one side: this GPU's maxComputeWorkgroupsPerDimension is ${most}; take smaller batches or fewer replicas`,
    );
  }
}

export function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
