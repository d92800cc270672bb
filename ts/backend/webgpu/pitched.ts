import {
  type BufferSpec,
  type Op,
  type Program,
  type Region,
  storedLength,
} from "../../program/ops.js";

/** How rows are stored in a buffer: a row takes `stride` elements in the program and `pitch` elements on the device. */
interface Rows {
  readonly stride: number;
  readonly pitch: number;
}

/** Shorter rows are not worth padding. */
const SHORTEST = 5;

/**
 * A program whose rows are padded to multiples of four floats, so that kernels can read and write them as vectors. A
 * layer's inputs, with their constant and noise columns, rarely have such a length. The padding is never read as data.
 */
export class Pitched {
  readonly program: Program;
  readonly #specs: Program["buffers"];
  readonly #rows: ReadonlyMap<string, Rows>;

  constructor(program: Program) {
    const rows = paddedRows(program);
    const region = (r: Region): Region => {
      const { stride, pitch } = rows.get(r.buffer) ?? { stride: 1, pitch: 1 };
      const offset = Math.floor(r.offset / stride) * pitch + (r.offset % stride);
      return { ...r, offset, stride: rows.has(r.buffer) ? pitch : r.stride };
    };
    const moved = (op: Op): Op =>
      Object.fromEntries(
        Object.entries(op).map(([key, value]) => [key, isRegion(value) ? region(value) : value]),
      ) as unknown as Op;
    this.#specs = program.buffers;
    this.#rows = rows;
    this.program = {
      ...program,
      buffers: Object.fromEntries(
        Object.entries(program.buffers).map(([name, spec]) => [name, padded(spec, rows.get(name))]),
      ),
      fills: program.fills.map((fill) => ({ ...fill, region: region(fill.region) })),
      lists: Object.fromEntries(
        Object.entries(program.lists).map(([name, list]) => [
          name,
          { ...list, ops: list.ops.map(moved) },
        ]),
      ),
    };
  }

  /** Number of elements of a buffer in the unpadded program, over all replicas. */
  length(name: string, replicas: number): number {
    return storedLength(this.#specs[name], replicas);
  }

  /** Converts values for the unpadded buffer from `offset` on to the padded values for the device from `start` on. */
  toDevice<T extends Float32Array | Uint8Array | Uint32Array>(
    name: string,
    values: T,
    offset: number,
  ): { readonly start: number; readonly values: T } {
    if (!this.#rows.has(name) || values.length === 0) return { start: offset, values };
    const start = this.#place(name, offset);
    const end = this.#place(name, offset + values.length - 1) + 1;
    const spread = new Float32Array(end - start);
    this.#eachRow(name, offset, values.length, (from, to, length) => {
      spread.set(values.subarray(from - offset, from - offset + length), to - start);
    });
    return { start, values: spread as T };
  }

  /** Converts a whole padded buffer from the device to the unpadded values. */
  fromDevice(
    name: string,
    values: Float32Array | Uint8Array | Uint32Array,
    replicas: number,
  ): Float64Array {
    const all = new Float64Array(this.length(name, replicas));
    this.#eachRow(name, 0, all.length, (to, from, length) => {
      all.set(values.subarray(from, from + length), to);
    });
    return all;
  }

  /**
   * Calls `take` for each row, or part of a row, among the `length` elements from `offset` on, with its places in the
   * unpadded and in the padded buffer.
   */
  #eachRow(
    name: string,
    offset: number,
    length: number,
    take: (program: number, device: number, length: number) => void,
  ): void {
    const own = this.#specs[name].length;
    const stride = this.#rows.get(name)?.stride ?? own;
    for (let i = offset; i < offset + length; ) {
      const inReplica = i % own;
      const left = Math.min(stride - (inReplica % stride), own - inReplica, offset + length - i);
      take(i, this.#place(name, i), left);
      i += left;
    }
  }

  #place(name: string, i: number): number {
    const rows = this.#rows.get(name);
    if (!rows) return i;
    const spec = this.#specs[name];
    const inReplica = i % spec.length;
    const replica = (i - inReplica) / spec.length;
    const column = inReplica % rows.stride;
    const row = (inReplica - column) / rows.stride;
    return replica * padded(spec, rows).length + row * rows.pitch + column;
  }
}

function padded(spec: BufferSpec, rows: Rows | undefined): BufferSpec {
  return rows ? { ...spec, length: Math.ceil(spec.length / rows.stride) * rows.pitch } : spec;
}

function isRegion(value: unknown): value is Region {
  return typeof value === "object" && value !== null && "buffer" in value;
}

/** The float buffers to pad: all their matrices lie within rows of one length, which is not a multiple of four. */
function paddedRows({ buffers, fills, lists }: Program): Map<string, Rows> {
  const ops = Object.values(lists).flatMap((list) => list.ops);
  const regions = [...ops.flatMap((op) => Object.values(op)), ...fills.map((f) => f.region)].filter(
    isRegion,
  );
  const gathered = new Set(ops.flatMap((op) => (op.op === "gather" ? [op.source, op.index] : [])));
  const rows = new Map<string, Rows>();
  for (const [name, { type }] of Object.entries(buffers)) {
    const own = regions.filter(({ buffer }) => buffer === name);
    if (own.length === 0 || type !== "float" || gathered.has(name)) continue;
    const [{ stride }] = own;
    const alike = own.every((r) => r.stride === stride && (r.offset % stride) + r.cols <= stride);
    if (!alike || stride < SHORTEST || stride % 4 === 0) continue;
    rows.set(name, { stride, pitch: Math.ceil(stride / 4) * 4 });
  }
  return rows;
}
