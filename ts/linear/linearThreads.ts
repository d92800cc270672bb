import { gpuMachine } from "../backend/gpuMachine.js";
import type { Gpu, GpuOptions } from "../backend/webgpu/gpu.js";
import { linearCells } from "../backend/webgpu/webgpu.js";
import {
  CELL_NUMBERS,
  type CellNumber,
  type CellStarts,
  type LinearCells,
  PLACES,
} from "./linearCells.js";

/** Steps in one submission; each one copies all cells to the device and back. */
const CHUNK = 4096;

/** Cells in the threads of a GPU, in float32 (`gpu/linear.ts`). */
export class LinearThreads implements LinearCells {
  readonly atOnce = CHUNK;
  readonly #gpu: Gpu;
  readonly #cells: number;
  /** `[14, cells]`. */
  #numbers: Float32Array<ArrayBuffer>;

  private constructor(gpu: Gpu, { shared, sigmas, steps }: CellStarts) {
    this.#gpu = gpu;
    const count = sigmas.length * steps.length;
    this.#cells = count;
    this.#numbers = new Float32Array(CELL_NUMBERS.length * count);
    const row = (name: CellNumber) =>
      this.#numbers.subarray(PLACES[name] * count, (PLACES[name] + 1) * count);
    for (const name of CELL_NUMBERS) row(name).fill(shared[name] ?? 0);
    for (const [k, step] of steps.entries()) {
      row("sigma").set(sigmas, k * sigmas.length);
      row("step").fill(step, k * sigmas.length, (k + 1) * sigmas.length);
    }
  }

  /** @throws RunError that says why there is no GPU. */
  static async open(starts: CellStarts, options?: GpuOptions): Promise<LinearThreads> {
    const { gpu } = await gpuMachine(options);
    return new LinearThreads(gpu, starts);
  }

  get(cell: number, name: CellNumber): number {
    return this.#numbers[PLACES[name] * this.#cells + cell];
  }

  async run(moments: Float64Array): Promise<void> {
    this.#numbers = await linearCells(this.#gpu, this.#numbers, Float32Array.from(moments));
  }
}
