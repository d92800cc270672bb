import { COUNTER, TRACE } from "../../../gpu/kernel.js";
import { RunError } from "../../errors/errors.js";
import { type BufferType, type Program, replicasOf } from "../../program/ops.js";
import { BYTES } from "../arena.js";
import { Bounds } from "../bounds.js";
import type { Session, Values } from "../machine.js";
import {
  Binder,
  checkLimits,
  megabytes,
  PARAMETERS,
  type Step,
  sizesOf,
  TRACE_BYTES,
} from "./binder.js";
import { dispatchesOf } from "./dispatches.js";
import type { Gpu } from "./gpu.js";
import { Pitched } from "./pitched.js";

/**
 * Work is submitted by so much time, so that a desktop stays responsive and no watchdog bites. So many submissions are
 * under way at a time: what comes next is encoded, and waits in the queue, while the device works.
 */
const SUBMISSION_MS = 3;
const UNDER_WAY = 3;
/** Dispatches of a session's first submission, when nothing is known of their cost. */
const FIRST = 8;
/** How much larger than the one before a submission may be. */
const GROWTH = 4;

// Values of GPUBufferUsage and GPUMapMode, which Node has only by the package's own name.
const MAP_READ = 1;
const COPY_SRC = 4;
const COPY_DST = 8;
const UNIFORM = 64;
const STORAGE = 128;
const READ = 1;

interface Encoded {
  readonly slots: number;
  readonly steps: readonly Step[];
  /** Dispatches that take a submission's time. */
  atOnce: number;
}

/** A program on a device: buffers, bind groups and pipelines are made once. */
export class GpuSession implements Session {
  readonly #gpu: Gpu;
  readonly #pitched: Pitched;
  readonly #replicas: number;
  readonly #bounds: Bounds;
  readonly #buffers: ReadonlyMap<string, GPUBuffer>;
  readonly #lists: ReadonlyMap<string, Encoded>;
  #disposed = false;
  /** Runs follow one another. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    gpu: Gpu,
    given: Program,
    pitched: Pitched,
    buffers: ReadonlyMap<string, GPUBuffer>,
    lists: ReadonlyMap<string, Encoded>,
  ) {
    this.#gpu = gpu;
    this.#pitched = pitched;
    this.#replicas = replicasOf(pitched.program);
    this.#bounds = new Bounds(given);
    this.#buffers = buffers;
    this.#lists = lists;
  }

  /** @throws RunError if the program exceeds what the device has, naming the limit. */
  static async open(gpu: Gpu, given: Program): Promise<GpuSession> {
    gpu.check();
    const { device } = gpu;
    const pitched = new Pitched(given);
    const { program } = pitched;
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
    const errors = Promise.all([device.popErrorScope(), device.popErrorScope()]);
    // Should the device be lost before anybody waits for them.
    errors.catch(() => {});
    try {
      const encoded = await gpu.until(steps);
      const session = new GpuSession(gpu, given, pitched, buffers, new Map(encoded));
      const [invalid, full] = await gpu.until(errors);
      if (full) {
        const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
        throw new RunError(
          `the GPU is out of memory: the run needs ${megabytes(bytes)}; take fewer replicas, fewer samples or narrower layers`,
        );
      }
      if (invalid) throw new Error(invalid.message);
      session.#fill();
      return session;
    } catch (error) {
      for (const buffer of buffers.values()) buffer.destroy();
      throw error;
    }
  }

  write(name: string, values: Values, offset = 0): void {
    if (this.#disposed) throw new Error("the session has been disposed of");
    const buffer = this.#buffer(name);
    const length = this.#pitched.length(name, this.#replicas);
    if (!(offset >= 0 && offset + values.length <= length)) {
      throw new RangeError(
        `${name} holds ${length} elements: ${values.length} from ${offset} on do not fit`,
      );
    }
    this.#bounds.checkWrite(name, values);
    const type = this.#typeOf(name);
    const own = this.#pitched.toDevice(name, converted(values, type), offset);
    const bytes = BYTES[type] * own.start;
    const end = bytes + own.values.byteLength;
    if (bytes % 4 !== 0 || (end % 4 !== 0 && end !== length)) {
      throw new RangeError(`${name}: bytes are written by fours, not from ${offset} to ${end}`);
    }
    // The buffer's own length is a multiple of four; what stands behind its last byte is of no matter.
    this.#gpu.device.queue.writeBuffer(buffer, bytes, padded(own.values));
  }

  async read(name: string): Promise<Float64Array> {
    this.#live();
    const buffer = this.#buffer(name);
    const bytes = await this.#copied(buffer, buffer.size, this.#gpu.device.createCommandEncoder());
    const type = this.#typeOf(name);
    const values =
      type === "float"
        ? new Float32Array(bytes)
        : type === "byte"
          ? new Uint8Array(bytes)
          : new Uint32Array(bytes);
    return this.#pitched.fromDevice(name, values, this.#replicas);
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
    this.#bounds.checkRun(name, first, count);
    const width = list.slots * this.#replicas;
    const trace = new Float64Array(count * width);
    const rows = Math.max(1, Math.floor(TRACE_BYTES / 4 / Math.max(width, 1)));
    for (let done = 0; done < count; done += rows) {
      this.#live();
      const some = Math.min(rows, count - done);
      this.#gpu.device.queue.writeBuffer(this.#buffer(COUNTER), 0, Uint32Array.of(first + done, 0));
      const last = await this.#passes(list, some);
      if (width === 0) await this.#submitted(last);
      else {
        const values = await this.#copied(this.#buffer(TRACE), 4 * some * width, last);
        trace.set(new Float32Array(values), done * width);
      }
    }
    return trace;
  }

  /**
   * Makes `count` passes in submissions of bounded time, which may end in the midst of a pass. The last is handed back as
   * it is, for what is to be read then.
   */
  async #passes(list: Encoded, count: number): Promise<GPUCommandEncoder> {
    const { device } = this.#gpu;
    const all = count * list.steps.length;
    const underWay = [Promise.resolve(0)];
    for (let done = 0; ; ) {
      this.#live();
      const some = Math.min(list.atOnce, all - done);
      const encoder = device.createCommandEncoder();
      this.#encode(encoder, list.steps, done, some);
      done += some;
      if (done === all) return encoder;
      const submission = this.#timed(encoder, list, some, underWay[underWay.length - 1]);
      // What goes wrong is told by the waits that follow.
      submission.catch(() => {});
      underWay.push(submission);
      if (underWay.length >= UNDER_WAY) await underWay.shift();
    }
  }

  #encode(encoder: GPUCommandEncoder, steps: readonly Step[], first: number, count: number): void {
    const pass = encoder.beginComputePass();
    for (let i = first; i < first + count; i++) {
      const { pipeline, group, grid } = steps[i % steps.length];
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...grid);
    }
    pass.end();
  }

  /** Submits, waits, and learns how much to submit at a time; tells when it was done. */
  async #timed(
    encoder: GPUCommandEncoder,
    list: Encoded,
    dispatches: number,
    before: Promise<number>,
  ): Promise<number> {
    const submitted = performance.now();
    const [free] = await Promise.all([before, this.#submitted(encoder)]);
    const now = performance.now();
    const elapsed = Math.max(now - Math.max(submitted, free), 1e-3);
    const growth = Math.min(GROWTH, SUBMISSION_MS / elapsed);
    list.atOnce = Math.max(1, Math.floor(dispatches * growth));
    return now;
  }

  #submitted(encoder: GPUCommandEncoder): Promise<void> {
    const { queue } = this.#gpu.device;
    queue.submit([encoder.finish()]);
    return this.#gpu.until(queue.onSubmittedWorkDone().then(() => {}));
  }

  /** Copies a buffer to where it can be read, when all that was encoded is done. */
  async #copied(
    buffer: GPUBuffer,
    bytes: number,
    encoder: GPUCommandEncoder,
  ): Promise<ArrayBuffer> {
    const { device } = this.#gpu;
    const staging = device.createBuffer({ size: bytes, usage: MAP_READ | COPY_DST });
    try {
      encoder.copyBufferToBuffer(buffer, 0, staging, 0, bytes);
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

  #typeOf(name: string): BufferType {
    return this.#pitched.program.buffers[name].type;
  }

  #fill(): void {
    const { fills, buffers } = this.#pitched.program;
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
      const copies = shared ? 1 : this.#replicas;
      for (let replica = 0; replica < copies; replica++) {
        this.#gpu.device.queue.writeBuffer(this.#buffer(name), 4 * replica * length, values);
      }
    }
  }
}

function converted(
  values: Values,
  type: BufferType,
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
