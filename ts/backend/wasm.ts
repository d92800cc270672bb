import { RunError } from "../errors/errors.js";
import type { KernelExports, Kernels } from "../kernels/kernels.js";
import {
  type BufferSpec,
  type Program,
  type Region,
  replicasOf,
  storedLength,
} from "../program/ops.js";
import { type Arena, planArena, RECORD_BYTES } from "./arena.js";
import { Bounds } from "./bounds.js";
import { encode } from "./encode.js";
import type { Machine, Session, Values } from "./machine.js";

const PAGE = 65536;
const MOST_PAGES = 65536;

/** The CPU machine: float32 with SIMD. Each session has its own WASM instance and runs whole epochs in one call. */
export function wasmMachine(kernels: Kernels): Machine {
  return {
    name: "wasm",
    flavour: kernels.flavour,
    open: async (program) => new WasmSession(kernels.instantiate(), program),
  };
}

/** Bytes of memory that a session of this program takes. */
export function plannedBytes(kernels: Kernels, program: Program): number {
  const instance = kernels.instantiate();
  return planArena(program, instance.heapBase(), instance.workspaceBytes()).end;
}

/** A session in the memory of an instance, which runs the operations. */
export class WasmSession implements Session {
  readonly #program: Program;
  readonly #bounds: Bounds;
  #kernels: KernelExports | null;
  readonly #arena: Arena;
  /** Views of the buffers, made once: memory does not grow any more. */
  readonly #views = new Map<string, Float32Array | Uint8Array | Uint32Array>();

  constructor(instance: KernelExports, program: Program) {
    this.#kernels = instance;
    this.#program = program;
    this.#bounds = new Bounds(program);
    this.#arena = planArena(program, instance.heapBase(), instance.workspaceBytes());
    reserve(instance.memory, this.#arena.end);
    const view = new DataView(instance.memory.buffer);
    for (const [name, { ops }] of Object.entries(program.lists)) {
      this.#records(name).forEach((list, replica) => {
        ops.forEach((op, i) => {
          encode(op, this.#arena, replica, view, list + i * RECORD_BYTES);
        });
      });
    }
    for (const { region, value } of program.fills) this.#fill(region, value);
  }

  write(buffer: string, values: Values, offset = 0): void {
    const view = this.#view(buffer);
    if (offset + values.length > view.length) {
      throw new RangeError(
        `${buffer} holds ${view.length} elements: ${values.length} elements from ${offset} on do not fit`,
      );
    }
    this.#bounds.checkWrite(buffer, values);
    view.set(values, offset);
  }

  async read(buffer: string): Promise<Float64Array> {
    return Float64Array.from(this.#view(buffer));
  }

  async run(list: string, first: number, count: number): Promise<Float64Array> {
    this.#bounds.checkRun(list, first, count);
    const { slots } = this.#program.lists[list];
    const { trace, traceBytes } = this.#arena;
    const replicas = this.#records(list).length;
    const kernels = this.#live();
    const atOnce = Math.max(1, Math.floor(traceBytes / (8 * slots)));
    if (replicas === 1 && count <= atOnce) {
      const passing = this.pass(list, 0, first, count);
      // A small step takes a few microseconds: an await that is not needed would be a good part of it.
      if (passing) await passing;
      return new Float64Array(kernels.memory.buffer, trace, count * slots).slice();
    }
    const rows = new Float64Array(count * replicas * slots);
    // Run many steps of one replica at a time, so that its memory stays in the cache.
    for (let r = 0; r < replicas; r++) {
      for (let done = 0; done < count; done += atOnce) {
        const some = Math.min(atOnce, count - done);
        await this.pass(list, r, first + done, some);
        const made = new Float64Array(kernels.memory.buffer, trace, some * slots);
        for (let k = 0; k < some; k++) {
          const row = made.subarray(k * slots, (k + 1) * slots);
          rows.set(row, ((done + k) * replicas + r) * slots);
        }
      }
    }
    return rows;
  }

  dispose(): void {
    this.#kernels = null;
    this.#views.clear();
  }

  /** Runs a list `count` times for one replica; its rows go to the trace. */
  protected pass(
    list: string,
    replica: number,
    first: number,
    count: number,
  ): void | Promise<void> {
    const { ops, slots } = this.#program.lists[list];
    const { trace, workspace } = this.#arena;
    const records = this.#records(list)[replica];
    this.#live().run(records, ops.length, first, count, trace, slots, workspace);
  }

  #live(): KernelExports {
    if (!this.#kernels) throw new Error("the session has been disposed of");
    return this.#kernels;
  }

  #buffer(name: string): { readonly address: number; readonly spec: BufferSpec } {
    const found = this.#arena.buffers.get(name);
    if (!found) throw new Error(`the program has no buffer ${name}`);
    return found;
  }

  #records(list: string): readonly number[] {
    const found = this.#arena.lists.get(list);
    if (!found) throw new Error(`the program has no list ${list}`);
    return found;
  }

  #view(name: string): Float32Array | Uint8Array | Uint32Array {
    const made = this.#views.get(name);
    if (made) return made;
    const { address, spec } = this.#buffer(name);
    const { buffer } = this.#live().memory;
    const length = storedLength(spec, replicasOf(this.#program));
    const View = { float: Float32Array, byte: Uint8Array, index: Uint32Array }[spec.type];
    const view = new View(buffer, address, length);
    this.#views.set(name, view);
    return view;
  }

  #fill(region: Region, value: number): void {
    const values = this.#view(region.buffer);
    const { length } = this.#buffer(region.buffer).spec;
    for (let own = 0; own < values.length; own += length) {
      for (let r = 0; r < region.rows; r++) {
        const start = own + region.offset + r * region.stride;
        values.fill(value, start, start + region.cols);
      }
    }
  }
}

function reserve(memory: WebAssembly.Memory, bytes: number): void {
  allocated(bytes, (pages) => {
    const missing = pages - memory.buffer.byteLength / PAGE;
    if (missing > 0) memory.grow(missing);
  });
}

/**
 * Memory of so many bytes, which `take` takes.
 * @throws RunError if they are too many for WebAssembly or for this host.
 */
export function allocated<T>(bytes: number, take: (pages: number) => T): T {
  const pages = Math.ceil(bytes / PAGE);
  const needs = `the run needs ${Math.ceil(bytes / 1e6)} MB`;
  if (pages > MOST_PAGES) {
    throw new RunError(
      `${needs}: the wasm machine has at most 4295 MB; take fewer samples or narrower layers`,
    );
  }
  try {
    return take(pages);
  } catch (cause) {
    throw new RunError(`${needs}, and this host could not allocate it`, { cause });
  }
}
