import { gpuMachine } from "../backend/gpuMachine.js";
import type { Gpu, GpuOptions } from "../backend/webgpu/gpu.js";
import { linearCells } from "../backend/webgpu/webgpu.js";
import { CELL_NUMBERS, type CellNumber, type CellStart, type LinearCells } from "./linearCells.js";

/** Steps in one submission; each one copies all cells to the device and back. */
const CHUNK = 4096;

/** Cells in the threads of a GPU, in float32 (`gpu/linear.ts`). */
export class LinearThreads implements LinearCells {
  readonly atOnce = CHUNK;
  readonly #gpu: Gpu;
  readonly #cells: number;
  /** `[14, cells]`. */
  #numbers: Float32Array<ArrayBuffer>;

  private constructor(gpu: Gpu, starts: readonly CellStart[]) {
    this.#gpu = gpu;
    this.#cells = starts.length;
    this.#numbers = new Float32Array(CELL_NUMBERS.length * starts.length);
    CELL_NUMBERS.forEach((name, row) => {
      for (let i = 0; i < starts.length; i++) {
        this.#numbers[row * starts.length + i] = starts[i][name] ?? 0;
      }
    });
  }

  /** @throws RunError that says why there is no GPU. */
  static async open(starts: readonly CellStart[], options?: GpuOptions): Promise<LinearThreads> {
    const { gpu } = await gpuMachine(options);
    return new LinearThreads(gpu, starts);
  }

  get(cell: number, name: CellNumber): number {
    return this.#numbers[CELL_NUMBERS.indexOf(name) * this.#cells + cell];
  }

  async run(moments: Float64Array): Promise<void> {
    this.#numbers = await linearCells(this.#gpu, this.#numbers, Float32Array.from(moments));
  }
}
