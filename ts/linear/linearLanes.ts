import type { KernelExports } from "../kernels/kernels.js";
import {
  CELL_NUMBERS,
  type CellNumber,
  type CellStarts,
  type LinearCells,
  MOMENTS,
  PLACES,
} from "./linearCells.js";

const VECTOR = 16;
const PAGE = 65536;
/** Number of steps whose moments are copied at a time, and number of updates: about 20 ms. */
const CHUNK = 1024;
const UPDATES = 2 ** 21;

/** Cells in SIMD lanes (`assembly/linear.ts`): the same number of neighbouring cells forms a vector. */
export class LinearLanes implements LinearCells {
  readonly atOnce: number;
  readonly #kernels: KernelExports;
  readonly #Numbers: typeof Float64Array | typeof Float32Array;
  readonly #lanes: number;
  readonly #vectors: number;
  readonly #at: Record<"moments" | "cells", number>;
  /** The numbers of all cells, in the kernels' memory, which does not grow any more. */
  readonly #numbers: Float64Array | Float32Array;

  /** @param kernels an instance that nothing else uses until the cells are read; its memory may be used again after that. */
  constructor(kernels: KernelExports, precision: "float64" | "float32", starts: CellStarts) {
    const { shared, sigmas, steps } = starts;
    const count = sigmas.length * steps.length;
    this.atOnce = Math.max(1, Math.min(CHUNK, Math.floor(UPDATES / count)));
    this.#kernels = kernels;
    this.#Numbers = precision === "float32" ? Float32Array : Float64Array;
    this.#lanes = VECTOR / this.#Numbers.BYTES_PER_ELEMENT;
    this.#vectors = Math.ceil(count / this.#lanes);
    const moments = Math.ceil(this.#kernels.heapBase() / VECTOR) * VECTOR;
    const cells = moments + 8 * MOMENTS * CHUNK;
    this.#at = { moments, cells };
    const { memory } = this.#kernels;
    const end = cells + this.#vectors * CELL_NUMBERS.length * VECTOR;
    memory.grow(Math.max(0, Math.ceil((end - memory.buffer.byteLength) / PAGE)));
    const length = this.#vectors * CELL_NUMBERS.length * this.#lanes;
    this.#numbers = new this.#Numbers(memory.buffer, cells, length);
    const first = CELL_NUMBERS.map((name) => shared[name] ?? 0);
    const block = CELL_NUMBERS.length * this.#lanes;
    const numbers = this.#numbers;
    for (let i = 0; i < block; i++) numbers[i] = first[Math.floor(i / this.#lanes)];
    for (let done = block; done < length; done *= 2) numbers.copyWithin(done, 0, done);
    for (let cell = 0, k = 0; k < steps.length; k++) {
      for (let j = 0; j < sigmas.length; j++, cell++) {
        numbers[this.#index(cell, PLACES.sigma)] = sigmas[j];
        numbers[this.#index(cell, PLACES.step)] = steps[k];
      }
    }
    // Copies of the last cell fill the last vector.
    for (let i = count; i < this.#vectors * this.#lanes; i++) {
      numbers[this.#index(i, PLACES.sigma)] = sigmas[sigmas.length - 1];
      numbers[this.#index(i, PLACES.step)] = steps[steps.length - 1];
    }
  }

  get(cell: number, name: CellNumber): number {
    return this.#numbers[this.#index(cell, PLACES[name])];
  }

  run(moments: Float64Array, steps: number): void {
    const { linearSteps, linearSteps32, memory } = this.#kernels;
    new this.#Numbers(memory.buffer, this.#at.moments, moments.length).set(moments);
    const take = this.#Numbers === Float32Array ? linearSteps32 : linearSteps;
    take(this.#at.cells, this.#vectors, this.#at.moments, steps);
  }

  #index(cell: number, place: number): number {
    const lane = cell % this.#lanes;
    return (cell - lane) * CELL_NUMBERS.length + place * this.#lanes + lane;
  }
}
