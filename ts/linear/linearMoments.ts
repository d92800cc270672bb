import type { NoiseGroup } from "../experiment/schema.js";
import type { KernelExports, Kernels } from "../kernels/kernels.js";
import type { Streams } from "../random/streams.js";
import { MOMENTS } from "./linearCells.js";
import type { LinearStart } from "./linearStart.js";

const PAGE = 65536;
/** Number of draws at a time (about 20 ms), and number of steps. */
const DRAWS = 2 ** 18;
const MOST = 8192;

/** The moments of a seed's steps. All cells of the seed share them, because they share data and unit noise. */
export class MomentSource {
  readonly atOnce: number;
  readonly #kernels: KernelExports;
  readonly #place: readonly [number, number, number];
  readonly #fresh: boolean;
  readonly #start: LinearStart;
  readonly #at: Record<"x" | "y" | "xi" | "moments", number>;

  constructor(kernels: Kernels, streams: Streams, noise: NoiseGroup, start: LinearStart) {
    const rows = start.y.length;
    this.atOnce = Math.max(1, Math.min(MOST, Math.floor(DRAWS / rows)));
    this.#kernels = kernels.instantiate();
    this.#place = streams.place("noise", 0, noise.distribution);
    this.#fresh = noise.mode === "fresh";
    this.#start = start;
    const align = (bytes: number) => Math.ceil(bytes / 16) * 16;
    const floats = align(4 * rows);
    const x = align(this.#kernels.heapBase());
    this.#at = { x, y: x + floats, xi: x + 2 * floats, moments: x + 3 * floats };
    const { memory } = this.#kernels;
    const end = this.#at.moments + 8 * MOMENTS * this.atOnce;
    memory.grow(Math.max(0, Math.ceil((end - memory.buffer.byteLength) / PAGE)));
    new Float32Array(memory.buffer, x, rows).set(start.x);
    new Float32Array(memory.buffer, this.#at.y, rows).set(start.y);
  }

  /**
   * The moments of `count` steps from `first` on, `[count, 6]`. The next call overwrites them. With fixed noise all steps
   * have the same.
   */
  take(first: number, count: number): Float64Array {
    if (this.#fresh) return this.#make(first, count);
    const [same, moments] = [this.#make(0, 1), new Float64Array(MOMENTS * count)];
    for (let k = 0; k < count; k++) moments.set(same, MOMENTS * k);
    return moments;
  }

  #make(first: number, count: number): Float64Array {
    const { x, y, xi, moments } = this.#at;
    const { y: targets, slopes } = this.#start;
    const data = [x, y, xi, targets.length, slopes[0], moments] as const;
    this.#kernels.linearMoments(...this.#place, first, count, ...data);
    return new Float64Array(this.#kernels.memory.buffer, moments, MOMENTS * count);
  }
}
