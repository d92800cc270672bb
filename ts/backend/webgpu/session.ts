import { COUNTER, TRACE } from "../../../gpu/kernel.js";
import { RunError } from "../../errors/errors.js";
import { type BufferType, type Program, replicasOf } from "../../program/ops.js";
import { BYTES } from "../arena.js";
import { Bounds } from "../bounds.js";
import type { Session, Values } from "../machine.js";
import { Binder, checkLimits, megabytes, PARAMETERS, sizesOf, TRACE_BYTES } from "./binder.js";
import { dispatchesOf } from "./dispatches.js";
import type { Gpu } from "./gpu.js";
import { Pitched } from "./pitched.js";
import { Passes, Queue } from "./queue.js";

// Values of GPUBufferUsage, which Node has only under the package's own name.
const COPY_SRC = 4;
const COPY_DST = 8;
const UNIFORM = 64;
const STORAGE = 128;

/** A program on a device. Its buffers, bind groups and pipelines are made once. */
export class GpuSession implements Session {
  readonly #gpu: Gpu;
  readonly #pitched: Pitched;
  readonly #replicas: number;
  readonly #bounds: Bounds;
  readonly #queue: Queue;
  readonly #buffers: ReadonlyMap<string, GPUBuffer>;
  readonly #lists: ReadonlyMap<string, Passes>;
  #disposed = false;
  /** The last run: the next one waits for it. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    gpu: Gpu,
    given: Program,
    pitched: Pitched,
    buffers: ReadonlyMap<string, GPUBuffer>,
    lists: ReadonlyMap<string, Passes>,
  ) {
    this.#gpu = gpu;
    this.#pitched = pitched;
    this.#replicas = replicasOf(pitched.program);
    this.#bounds = new Bounds(given);
    this.#queue = new Queue(gpu);
    this.#buffers = buffers;
    this.#lists = lists;
  }

  /** @throws RunError that names the device limit that the program exceeds. */
  static async open(gpu: Gpu, given: Program): Promise<GpuSession> {
    gpu.check();
    const { device } = gpu;
    const pitched = new Pitched(given);
    const { program } = pitched;
    const lists = Object.entries(program.lists).map(
      ([name, list]) => [name, list.slots, dispatchesOf(list, program, gpu.can)] as const,
    );
    const all = lists.flatMap(([, , dispatches]) => dispatches);
    const sizes = sizesOf(program, all);
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
        return [name, new Passes(slots, await Promise.all(made))] as const;
      }),
    );
    const errors = Promise.all([device.popErrorScope(), device.popErrorScope()]);
    // Nobody waits for these errors if the device is lost first.
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
        `${name} holds ${length} elements: ${values.length} elements from ${offset} on do not fit`,
      );
    }
    this.#bounds.checkWrite(name, values);
    const type = this.#typeOf(name);
    const own = this.#pitched.toDevice(name, converted(values, type), offset);
    const bytes = BYTES[type] * own.start;
    const end = bytes + own.values.byteLength;
    if (bytes % 4 !== 0 || (end % 4 !== 0 && end !== length)) {
      throw new RangeError(
        `${name}: bytes are written in groups of four, not from ${offset} to ${end}`,
      );
    }
    // The buffer's size is a multiple of four, and the bytes after its last element do not matter.
    this.#gpu.device.queue.writeBuffer(buffer, bytes, padded(own.values));
  }

  async read(name: string): Promise<Float64Array> {
    this.#live();
    const buffer = this.#buffer(name);
    const bytes = await this.#queue.copied(
      buffer,
      buffer.size,
      this.#gpu.device.createCommandEncoder(),
    );
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
      const last = await this.#queue.passes(list, some, () => this.#live());
      if (width === 0) await this.#queue.submitted(last);
      else {
        const values = await this.#queue.copied(this.#buffer(TRACE), 4 * some * width, last);
        trace.set(new Float32Array(values), done * width);
      }
    }
    return trace;
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

/** The same bytes, padded with zeros to a multiple of four. */
function padded(values: ArrayBufferView<ArrayBuffer>): ArrayBufferView<ArrayBuffer> {
  if (values.byteLength % 4 === 0) return values;
  const whole = new Uint8Array(Math.ceil(values.byteLength / 4) * 4);
  whole.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return whole;
}
