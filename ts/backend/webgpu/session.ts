import { COUNTER, type Dispatch, SCRATCH, TRACE } from "../../../gpu/kernel.js";
import { RunError } from "../../errors/errors.js";
import { type BufferSpec, type Program, replicasOf, storedLength } from "../../program/ops.js";
import { BYTES } from "../arena.js";
import type { Session, Values } from "../machine.js";
import { dispatchesOf } from "./dispatches.js";
import type { Gpu } from "./gpu.js";
import { scratchElements } from "./scratch.js";

/** Work is submitted by so much time, so that a desktop stays responsive and no watchdog bites. */
const SUBMISSION_MS = 40;
/** Dispatches of a session's first submission, when nothing is known of their cost. */
const FIRST = 8;
/** How much larger than the one before a submission may be. */
const GROWTH = 4;
/** Bytes of trace that are kept at a time. */
const TRACE_BYTES = 1 << 20;

// Values of GPUBufferUsage and GPUMapMode, which Node has only by the package's own name.
const MAP_READ = 1;
const COPY_SRC = 4;
const COPY_DST = 8;
const UNIFORM = 64;
const STORAGE = 128;
const READ = 1;

interface Step {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly grid: readonly [number, number, number];
}

interface Encoded {
  readonly slots: number;
  readonly steps: readonly Step[];
  /** Dispatches that take a submission's time. */
  atOnce: number;
}

/** A program on a device: buffers, bind groups and pipelines are made once. */
export class GpuSession implements Session {
  readonly #gpu: Gpu;
  readonly #program: Program;
  readonly #buffers: ReadonlyMap<string, GPUBuffer>;
  readonly #lists: ReadonlyMap<string, Encoded>;
  #disposed = false;
  /** Runs follow one another. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    gpu: Gpu,
    program: Program,
    buffers: ReadonlyMap<string, GPUBuffer>,
    lists: ReadonlyMap<string, Encoded>,
  ) {
    this.#gpu = gpu;
    this.#program = program;
    this.#buffers = buffers;
    this.#lists = lists;
  }

  /** @throws RunError if the program exceeds what the device has, naming the limit. */
  static async open(gpu: Gpu, program: Program): Promise<GpuSession> {
    gpu.check();
    const { device } = gpu;
    const lists = Object.entries(program.lists).map(
      ([name, list]) => [name, list.slots, dispatchesOf(list, program, gpu.can)] as const,
    );
    const all = lists.flatMap(([, , dispatches]) => dispatches);
    const sizes = sizesOf(program, gpu, all);
    checkLimits(sizes, all, device.limits);
    device.pushErrorScope("out-of-memory");
    device.pushErrorScope("validation");
    const buffers = new Map(
      [...sizes].map(([label, size]) => {
        const usage = (label === PARAMETERS ? UNIFORM : STORAGE) | COPY_SRC | COPY_DST;
        return [label, device.createBuffer({ label, size, usage })];
      }),
    );
    const binder = new Binder(gpu, buffers);
    const steps = Promise.all(
      lists.map(async ([name, slots, dispatches]) => {
        const made = dispatches.map((dispatch) => binder.step(dispatch));
        return [name, { slots, steps: await Promise.all(made), atOnce: FIRST }] as const;
      }),
    );
    const invalid = device.popErrorScope();
    const full = device.popErrorScope();
    try {
      const encoded = await gpu.until(steps);
      const session = new GpuSession(gpu, program, buffers, new Map(encoded));
      const fullError = await gpu.until(full);
      if (fullError) {
        const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
        throw new RunError(
          `the GPU is out of memory: the run needs ${megabytes(bytes)}; take fewer replicas, fewer samples or narrower layers`,
        );
      }
      const invalidError = await gpu.until(invalid);
      if (invalidError) throw new Error(invalidError.message);
      session.#fill();
      return session;
    } catch (error) {
      for (const buffer of buffers.values()) buffer.destroy();
      throw error;
    }
  }

  write(name: string, values: Values, offset = 0): void {
    if (this.#disposed) throw new Error("the session has been disposed of");
    const { type, length } = this.#spec(name);
    if (offset + values.length > length) {
      throw new RangeError(
        `${name} holds ${length} elements: ${values.length} from ${offset} on do not fit`,
      );
    }
    const buffer = this.#buffer(name);
    const bytes = BYTES[type] * offset;
    const own = converted(values, type);
    const end = bytes + own.byteLength;
    if (bytes % 4 !== 0 || (end % 4 !== 0 && end !== length)) {
      throw new RangeError(`${name}: bytes are written by fours, not from ${offset} to ${end}`);
    }
    // The buffer's own length is a multiple of four; what stands behind its last byte is of no matter.
    this.#gpu.device.queue.writeBuffer(buffer, bytes, padded(own));
  }

  async read(name: string): Promise<Float64Array> {
    const { type, length } = this.#spec(name);
    const bytes = await this.#read(this.#buffer(name), BYTES[type] * length);
    const values =
      type === "float"
        ? new Float32Array(bytes)
        : type === "byte"
          ? new Uint8Array(bytes)
          : new Uint32Array(bytes);
    return Float64Array.from(values.subarray(0, length));
  }

  run(list: string, first: number, count: number): Promise<Float64Array> {
    const run = this.#last.then(() => this.#run(list, first, count));
    this.#last = run.catch(() => {});
    return run;
  }

  dispose(): void {
    this.#disposed = true;
    for (const buffer of this.#buffers.values()) buffer.destroy();
  }

  async #run(name: string, first: number, count: number): Promise<Float64Array> {
    this.#live();
    const list = this.#lists.get(name);
    if (!list) throw new Error(`the program has no list ${name}`);
    const width = list.slots * replicasOf(this.#program);
    const trace = new Float64Array(count * width);
    const rows = Math.max(1, Math.floor(TRACE_BYTES / 4 / Math.max(width, 1)));
    for (let done = 0; done < count; done += rows) {
      this.#live();
      const some = Math.min(rows, count - done);
      this.#gpu.device.queue.writeBuffer(this.#buffer(COUNTER), 0, Uint32Array.of(first + done, 0));
      await this.#passes(list, some);
      if (width === 0) continue;
      const values = await this.#read(this.#buffer(TRACE), 4 * some * width);
      trace.set(new Float32Array(values).subarray(0, some * width), done * width);
    }
    return trace;
  }

  /** Makes `count` passes in submissions of bounded time, which may end in the midst of a pass. */
  async #passes(list: Encoded, count: number): Promise<void> {
    const { device } = this.#gpu;
    const all = count * list.steps.length;
    for (let done = 0; done < all; ) {
      const some = Math.min(list.atOnce, all - done);
      this.#live();
      const start = performance.now();
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      for (let i = done; i < done + some; i++) {
        const { pipeline, group, grid } = list.steps[i % list.steps.length];
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(...grid);
      }
      pass.end();
      device.queue.submit([encoder.finish()]);
      await this.#gpu.until(device.queue.onSubmittedWorkDone());
      const elapsed = Math.max(performance.now() - start, 1e-3);
      const growth = Math.min(GROWTH, SUBMISSION_MS / elapsed);
      // A short last submission says nothing against longer ones.
      if (some === list.atOnce || growth < 1) {
        list.atOnce = Math.max(1, Math.floor(some * growth));
      }
      done += some;
    }
  }

  async #read(buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    this.#live();
    const { device } = this.#gpu;
    const size = Math.ceil(bytes / 4) * 4;
    const staging = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
    try {
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, 0, staging, 0, size);
      device.queue.submit([encoder.finish()]);
      await this.#gpu.until(staging.mapAsync(READ));
      return staging.getMappedRange().slice(0);
    } finally {
      staging.destroy();
    }
  }

  #live(): void {
    if (this.#disposed) throw new Error("the session has been disposed of");
    this.#gpu.check();
  }

  #buffer(name: string): GPUBuffer {
    const found = this.#buffers.get(name);
    if (!found) throw new Error(`the program has no buffer ${name}`);
    return found;
  }

  /** A buffer as it is stored, all replicas' elements. */
  #spec(name: string): BufferSpec {
    const spec = this.#program.buffers[name];
    if (!spec) throw new Error(`the program has no buffer ${name}`);
    return { type: spec.type, length: storedLength(spec, replicasOf(this.#program)) };
  }

  #fill(): void {
    const { fills, buffers } = this.#program;
    for (const name of new Set(fills.map(({ region }) => region.buffer))) {
      const { length, shared } = buffers[name];
      const values = new Float32Array(length);
      for (const { region, value } of fills) {
        if (region.buffer !== name) continue;
        for (let r = 0; r < region.rows; r++) {
          const start = region.offset + r * region.stride;
          values.fill(value, start, start + region.cols);
        }
      }
      const copies = shared ? 1 : replicasOf(this.#program);
      for (let replica = 0; replica < copies; replica++) this.write(name, values, replica * length);
    }
  }
}

const PARAMETERS = "#parameters";
/** What every adapter can align uniforms to. */
const ALIGNMENT = 256;

/** Lays out every dispatch's parameters, and binds them with its buffers. */
class Binder {
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

/** Bytes of every buffer that the session takes. */
function sizesOf(program: Program, gpu: Gpu, dispatches: readonly Dispatch[]): Map<string, number> {
  const replicas = replicasOf(program);
  const sizes = new Map<string, number>();
  // Kernels read vectors of four: a buffer's last may reach beyond its elements.
  for (const [name, spec] of Object.entries(program.buffers)) {
    const bytes = storedLength(spec, replicas) * BYTES[spec.type];
    sizes.set(name, Math.max(16, Math.ceil(bytes / 16) * 16));
  }
  const widest = Math.max(1, ...Object.values(program.lists).map(({ slots }) => slots * replicas));
  sizes.set(TRACE, Math.max(TRACE_BYTES, 4 * widest));
  sizes.set(COUNTER, 16);
  sizes.set(SCRATCH, 4 * Math.max(4, scratchElements(program, gpu.can)));
  const parameters = dispatches.reduce((sum, d) => sum + aligned(d.parameters.byteLength), 0);
  sizes.set(PARAMETERS, Math.max(ALIGNMENT, parameters));
  return sizes;
}

function checkLimits(
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

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}

function converted(
  values: Values,
  type: BufferSpec["type"],
): Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer> {
  if (type === "float") return Float32Array.from(values);
  return type === "byte" ? Uint8Array.from(values) : Uint32Array.from(values);
}

/** The same bytes, up to a multiple of four. */
function padded(values: ArrayBufferView<ArrayBuffer>): ArrayBufferView<ArrayBuffer> {
  if (values.byteLength % 4 === 0) return values;
  const whole = new Uint8Array(Math.ceil(values.byteLength / 4) * 4);
  whole.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return whole;
}
