import { RunError } from "../errors/errors.js";
import type { KernelExports, Kernels } from "../kernels/instance.js";

/** Products with a side of at most this length round in another order (`THIN` in `assembly/thin.ts`). */
const THIN = 4;
const PAGE = 65536;

/**
 * Noise nodes in the memory of a WASM instance of their own: noise `[batch, nodes]`, weights `[width, nodes]`, and the
 * pre-activations' noise or gradient `[batch, width]`. Rows of noise and weights are padded with zeros, so that their products
 * round as those of a whole layer do.
 */
export class NodesKernels {
  readonly #kernels: KernelExports;
  readonly #sizes: { readonly batch: number; readonly width: number; readonly nodes: number };
  /** Bytes of a padded row. */
  readonly #row: number;
  readonly #workspace: number;
  readonly #noise: number;
  readonly #weights: number;
  readonly #rows: number;

  constructor(kernels: Kernels, sizes: { batch: number; width: number; nodes: number }) {
    const { batch, width, nodes } = sizes;
    this.#kernels = kernels.instantiate();
    this.#sizes = sizes;
    this.#row = 4 * Math.max(nodes, THIN + 1);
    const after = (address: number, bytes: number) => Math.ceil((address + bytes) / 16) * 16;
    this.#workspace = after(this.#kernels.heapBase(), 0);
    this.#noise = after(this.#workspace, this.#kernels.workspaceBytes());
    this.#weights = after(this.#noise, batch * this.#row);
    this.#rows = after(this.#weights, width * this.#row);
    reserve(this.#kernels.memory, after(this.#rows, 4 * batch * width));
  }

  /** Sets `noise = sigma * unit`, in float32. */
  setNoise(unit: Float32Array, sigma: number): void {
    const factor = Math.fround(sigma);
    this.#fill(
      this.#noise,
      this.#sizes.batch,
      unit.map((x) => factor * x),
    );
  }

  /** Sets the weights. */
  setWeights(values: Float32Array): void {
    this.#fill(this.#weights, this.#sizes.width, values);
  }

  /** A copy of the weights, `[width, nodes]`. */
  weights(): Float32Array {
    const { width, nodes } = this.#sizes;
    const out = new Float32Array(width * nodes);
    for (let r = 0; r < width; r++)
      out.set(this.#view(this.#weights + r * this.#row, nodes), r * nodes);
    return out;
  }

  /** `noise weights^T`, `[batch, width]`. The view lasts until the next call. */
  perturbation(): Float32Array {
    const { batch, width, nodes } = this.#sizes;
    const operands = [this.#noise, this.#row, 4, this.#weights, this.#row, 4] as const;
    this.#kernels.product(
      ...([batch, width, nodes, ...operands] as const),
      ...([this.#rows, 4 * width, 1, 0, 0, this.#workspace] as const),
    );
    return this.#view(this.#rows, batch * width);
  }

  /** `weights -= rate * gradient^T noise`, for a gradient `[batch, width]`. */
  update(gradient: Float32Array, rate: number): void {
    const { batch, width } = this.#sizes;
    this.#view(this.#rows, batch * width).set(gradient);
    const operands = [this.#rows, 4, 4 * width, this.#noise, 4, this.#row] as const;
    this.#kernels.product(
      ...([width, this.#row / 4, batch, ...operands] as const),
      ...([this.#weights, this.#row, -rate, 1, 0, this.#workspace] as const),
    );
  }

  #fill(address: number, rows: number, values: Float32Array): void {
    const { nodes } = this.#sizes;
    for (let r = 0; r < rows; r++) {
      this.#view(address + r * this.#row, nodes).set(values.subarray(r * nodes, (r + 1) * nodes));
    }
  }

  #view(address: number, length: number): Float32Array {
    return new Float32Array(this.#kernels.memory.buffer, address, length);
  }
}

function reserve(memory: WebAssembly.Memory, bytes: number): void {
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE);
  if (missing <= 0) return;
  try {
    memory.grow(missing);
  } catch (cause) {
    const megabytes = Math.ceil(bytes / 1e6);
    throw new RunError(`the noise nodes need ${megabytes} MB, which this host could not allocate`, {
      cause,
    });
  }
}
