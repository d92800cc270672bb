/** What the modules export. Addresses and sizes are in bytes. See `assembly/`. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  heapBase(): number;
  workspaceBytes(): number;
  product(
    m: number,
    n: number,
    k: number,
    a: number,
    aRow: number,
    aStep: number,
    b: number,
    bRow: number,
    bStep: number,
    c: number,
    ldc: number,
    alpha: number,
    beta: number,
    epilogue: number,
    workspace: number,
  ): void;
  philox(c0: number, c1: number, c2: number, c3: number, k0: number, k1: number, out: number): void;
  draw(
    kind: number,
    seed: number,
    stream: number,
    epoch: number,
    first: number,
    samples: number,
    nodes: number,
    out: number,
  ): void;
  permutation(seed: number, stream: number, epoch: number, n: number, out: number): void;
  log(x: number): number;
  cos2pi(u: number): number;
  sin2pi(u: number): number;
  linearMoments(
    kind: number,
    seed: number,
    stream: number,
    first: number,
    count: number,
    x: number,
    y: number,
    xi: number,
    rows: number,
    slope: number,
    out: number,
  ): void;
  linearSteps(blocks: number, count: number, moments: number, steps: number): void;
  linearSteps32(blocks: number, count: number, moments: number, steps: number): void;
  run(
    list: number,
    length: number,
    first: number,
    count: number,
    trace: number,
    slots: number,
    workspace: number,
  ): void;
}

/**
 * Which module runs. `baseline`: the same bits on every host. `relaxed`: fused multiply-add if the host has it. `own`:
 * a module given by the caller whose bytes are neither of these.
 */
export type Flavour = "baseline" | "relaxed" | "own";

/** The modules that come with ninscope. */
export type Build = Exclude<Flavour, "own">;

/** Compiled kernels. Their instances share code, but not memory. */
export interface Kernels {
  /** Which of the modules it is. */
  readonly flavour: Flavour;
  /** SHA-256 of the module's bytes, in hex. Runs with different kernels count as different runs. */
  readonly digest: string;
  /**
   * Width of the vectors that products use: 256 if the host combines pairs of 128-bit vectors. The results have the
   * same bits.
   */
  readonly vectorBits: 128 | 256;
  /** The compiled code, which can be posted to a worker. */
  readonly module: WebAssembly.Module;
  /** @internal */
  instantiate(): KernelExports;
}

/** @param digest SHA-256 of the module; may be left out if no runs are stored. */
export function kernelsFrom(
  module: WebAssembly.Module,
  flavour: Flavour,
  vectorBits: 128 | 256 = 128,
  digest = "",
): Kernels {
  const instantiate = () => new WebAssembly.Instance(module).exports as unknown as KernelExports;
  return { flavour, digest, vectorBits, module, instantiate };
}
