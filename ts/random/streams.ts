import { InputError, RunError, shown } from "../errors/errors.js";
import type { KernelExports, Kernels } from "../kernels/kernels.js";

/** Shape of zero-mean noise with standard deviation sigma: normal, uniform on ±sqrt 3 sigma, or ±sigma. */
export type Distribution = "normal" | "uniform" | "rademacher";

/** The purpose of random numbers. Streams with different names or indices are independent. */
export type StreamName =
  | "weights"
  | "niw"
  | "order"
  | "noise"
  | "data"
  | "dataNoise"
  | "labels"
  | "probe"
  | "corruption"
  | "attack"
  | "dropout"
  | "inputNoise"
  | "jacobian";

/** A name's number is part of its stream's key, so it must not change. */
const NUMBERS: Readonly<Record<StreamName, number>> = {
  weights: 0,
  niw: 1,
  order: 2,
  noise: 3,
  data: 4,
  dataNoise: 5,
  labels: 6,
  probe: 7,
  dropout: 8,
  inputNoise: 9,
  jacobian: 10,
  corruption: 32,
  attack: 33,
};

const KINDS = { words: 0, normal: 1, uniform: 2, rademacher: 3 } as const;

const PAGE = 65536;

/**
 * Random numbers as pure functions of (seed, stream, epoch, sample, node): Philox4x32-10 with key (seed, stream) and
 * counter (node div 4, sample, epoch, 0), word node mod 4. The WASM module makes them for every machine, in float32, so
 * all machines use the same bits.
 */
export class Streams {
  readonly #kernels: KernelExports;
  readonly #seed: number;
  #drawn = new Float32Array(0);

  /** @throws InputError unless `seed` is an integer from 0 to 2^32 - 1. */
  constructor(kernels: Kernels, seed: number) {
    if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
      throw new InputError("seed", `seed is ${shown(seed)}: takes an integer from 0 to 4294967295`);
    }
    this.#kernels = kernels.instantiate();
    this.#seed = seed;
  }

  /** The kernels' arguments for a stream: kind of draw, seed, stream number. */
  place(name: StreamName, index: number, distribution: Distribution): [number, number, number] {
    return [KINDS[distribution], this.#seed, streamId(name, index)];
  }

  /**
   * Draws of zero mean and unit variance, `[samples, nodes]`: standard normal, uniform on ±sqrt 3, or ±1.
   * @param index distinguishes streams of one name: a layer or a noise group.
   */
  draw(
    name: StreamName,
    index: number,
    distribution: Distribution,
    epoch: number,
    samples: number,
    nodes: number,
    firstSample = 0,
  ): Float32Array {
    return this.drawn(name, index, distribution, epoch, samples, nodes, firstSample).slice();
  }

  /** What `draw` gives, in memory that the next draw overwrites: copying few numbers takes a good part of the time of a draw. */
  drawn(
    name: StreamName,
    index: number,
    distribution: Distribution,
    epoch: number,
    samples: number,
    nodes: number,
    firstSample = 0,
  ): Float32Array {
    const length = samples * nodes;
    const at = this.#room(4 * length);
    const place = this.place(name, index, distribution);
    this.#kernels.draw(...place, epoch, firstSample, samples, nodes, at);
    const { buffer } = this.#kernels.memory;
    if (this.#drawn.buffer !== buffer || this.#drawn.length !== length) {
      this.#drawn = new Float32Array(buffer, at, length);
    }
    return this.#drawn;
  }

  /** Raw 32-bit words, `[samples, nodes]`. */
  words(
    name: StreamName,
    index: number,
    epoch: number,
    samples: number,
    nodes: number,
    firstSample = 0,
  ): Uint32Array {
    const at = this.#room(samples * nodes * 4);
    this.#kernels.draw(
      KINDS.words,
      this.#seed,
      streamId(name, index),
      epoch,
      firstSample,
      samples,
      nodes,
      at,
    );
    return new Uint32Array(this.#kernels.memory.buffer, at, samples * nodes).slice();
  }

  /** A permutation of 0 .. n - 1. */
  permutation(name: StreamName, index: number, epoch: number, n: number): Uint32Array {
    const at = this.#room(n * 4);
    this.#kernels.permutation(this.#seed, streamId(name, index), epoch, n, at);
    return new Uint32Array(this.#kernels.memory.buffer, at, n).slice();
  }

  /** Address of free memory of this many bytes. Memory may grow here, so earlier views can no longer be used. */
  #room(bytes: number): number {
    const { memory } = this.#kernels;
    const base = Math.ceil(this.#kernels.heapBase() / 16) * 16;
    const missing = base + bytes - memory.buffer.byteLength;
    if (missing > 0) {
      try {
        memory.grow(Math.ceil(missing / PAGE));
      } catch (cause) {
        const megabytes = Math.ceil(bytes / 1e6);
        throw new RunError(
          `${megabytes} MB of random numbers at once: this host could not allocate it`,
          {
            cause,
          },
        );
      }
    }
    return base;
  }
}

function streamId(name: StreamName, index: number): number {
  return (NUMBERS[name] << 16) | index;
}
