import type { NoiseGroup } from "../experiment/schema.js";
import type { KernelExports, Kernels } from "../kernels/kernels.js";
import type { Streams } from "../random/streams.js";
import { MOMENTS } from "./linearCells.js";
import type { LinearStart } from "./linearStart.js";

const PAGE = 65536;
/** Numbers that are drawn at a time: about 20 ms. */
const DRAWS = 2 ** 18;

/** The moments of a seed's steps, which all cells share that have its data and unit noise. */
export class MomentSource {
  readonly atOnce: number;
  readonly #kernels: KernelExports;
  readonly #streams: Streams;
  readonly #noise: NoiseGroup;
  readonly #start: LinearStart;
  readonly #at: Record<"x" | "y" | "xi" | "moments", number>;
  #kept = new Float64Array(0);

  constructor(kernels: Kernels, streams: Streams, noise: NoiseGroup, start: LinearStart) {
    const rows = start.y.length;
    this.atOnce = Math.max(1, Math.floor(DRAWS / rows));
    this.#kernels = kernels.instantiate();
    this.#streams = streams;
    this.#noise = noise;
    this.#start = start;
    const align = (bytes: number) => Math.ceil(bytes / 16) * 16;
    const floats = align(4 * rows);
    const x = align(this.#kernels.heapBase());
    this.#at = { x, y: x + floats, xi: x + 2 * floats, moments: x + 3 * floats };
    const { memory } = this.#kernels;
    const end = this.#at.moments + 8 * MOMENTS;
    memory.grow(Math.max(0, Math.ceil((end - memory.buffer.byteLength) / PAGE)));
    this.#write(x, start.x);
    this.#write(this.#at.y, start.y);
  }

  /** `[count, 6]`: those of steps from `first` on. Fixed noise gives every step the same. */
  take(first: number, count: number): Float64Array {
    const moments = new Float64Array(MOMENTS * count);
    for (let k = 0; k < count; k++) {
      if (this.#noise.mode === "fresh") this.#make(first + k);
      else if (this.#kept.length === 0) this.#make(0);
      moments.set(this.#kept, MOMENTS * k);
    }
    return moments;
  }

  #make(epoch: number): void {
    const { x, y, xi, moments } = this.#at;
    const { y: targets, slopes } = this.#start;
    const rows = targets.length;
    this.#write(xi, this.#streams.draw("noise", 0, this.#noise.distribution, epoch, rows, 1));
    this.#kernels.linearMoments(x, y, xi, rows, slopes[0], moments);
    this.#kept = new Float64Array(this.#kernels.memory.buffer, moments, MOMENTS);
  }

  #write(address: number, values: Float32Array): void {
    new Float32Array(this.#kernels.memory.buffer, address, values.length).set(values);
  }
}
