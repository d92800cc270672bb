import { BYTES } from "./embeddedWide.js";
import { inflated } from "./inflated.js";
import { type KernelExports, type Kernels, kernelsFrom } from "./instance.js";

/** Versions of Node that this was tested with. Others may not know the flag, or it may do something else there. */
const VERSIONS = [24, 25, 26];
const FLAG = "experimental-wasm-revectorize";
/**
 * Both builds run for at least `TRIAL_MS`, because V8 optimises code only after it has run for a while. They run for at
 * most `MOST_MS`, until the wide build is faster.
 */
const TRIAL_MS = 120;
const MOST_MS = 500;
/** The wide build is used if it is faster by this factor. */
const GAIN = 1.15;
/** Sizes of the products that are compared. They have several panels and blocks, and incomplete ones at the edges. */
const SIZES = [
  [96, 96, 96],
  [61, 53, 97],
  [13, 100, 450],
] as const;

type V8 = { setFlagsFromString(flag: string): void };

let found: Promise<WebAssembly.Module | null> | undefined;

/**
 * The relaxed kernels with products in vectors of 256 bits, if Node's compiler can combine pairs of 128-bit vectors:
 * the same bits with half the instructions. The compiler's flag is on only while both builds run here, so nothing else
 * in this process is compiled with it. The wide build is not used if it is not faster or differs in a bit.
 */
export async function widened(relaxed: Kernels): Promise<Kernels> {
  found ??= widest(BYTES, relaxed, (module) => kernelsFrom(module, "relaxed"));
  const module = await found;
  return module ? kernelsFrom(module, "relaxed", 256, relaxed.digest) : relaxed;
}

/**
 * Tries a wide build against a relaxed one; null: it is not faster here.
 * @param of its kernels.
 */
export async function widest(
  bytes: string,
  relaxed: Pick<Kernels, "instantiate">,
  of: (module: WebAssembly.Module) => Pick<Kernels, "instantiate">,
): Promise<WebAssembly.Module | null> {
  const { process } = globalThis;
  const v8: V8 | undefined = process.getBuiltinModule?.("node:v8");
  if (!v8 || !VERSIONS.includes(Number.parseInt(process.versions.node, 10))) return null;
  const module = await WebAssembly.compile(await inflated(bytes));
  v8.setFlagsFromString(`--${FLAG}`);
  try {
    return pays(of(module), relaxed) ? module : null;
  } finally {
    v8.setFlagsFromString(`--no-${FLAG}`);
  }
}

/** Whether products of `wide` take less time than those of `relaxed` and have the same bits. */
export function pays(
  wide: Pick<Kernels, "instantiate">,
  relaxed: Pick<Kernels, "instantiate">,
): boolean {
  const [own, others] = [wide, relaxed].map((kernels) => new Products(kernels.instantiate()));
  let [least, othersLeast] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const isFaster = () => least * GAIN < othersLeast;
  for (let start = performance.now(), ms = 0; ms < TRIAL_MS || (ms < MOST_MS && !isFaster()); ) {
    othersLeast = Math.min(othersLeast, others.seconds());
    least = Math.min(least, own.seconds());
    ms = performance.now() - start;
  }
  return isFaster() && own.bits() === others.bits();
}

/** Products of one build. Both builds use the same random numbers. */
class Products {
  readonly #kernels: KernelExports;
  readonly #at: Record<"workspace" | "a" | "b" | "c" | "end", number>;

  constructor(kernels: KernelExports) {
    const align = (bytes: number) => Math.ceil(bytes / 64) * 64;
    const most = 4 * 450 * 100;
    const workspace = align(kernels.heapBase());
    const a = align(workspace + kernels.workspaceBytes());
    const b = align(a + most);
    const c = align(b + most);
    const end = align(c + most);
    kernels.memory.grow(Math.ceil(end / 65536));
    // Kind 1 of the kernels' draws is standard normal.
    kernels.draw(1, 1, 1, 0, 0, most / 4, 1, a);
    kernels.draw(1, 2, 1, 0, 0, most / 4, 1, b);
    this.#kernels = kernels;
    this.#at = { workspace, a, b, c, end };
  }

  seconds(): number {
    const start = performance.now();
    this.#product(0, 1);
    return performance.now() - start;
  }

  /** All products, each with every transposition that programs use, as text. */
  bits(): string {
    return SIZES.flatMap((_, size) => [1, 2, 3].map((sides) => this.#product(size, sides))).join();
  }

  /**
   * Runs one product.
   * @param sides bit 0: the second matrix is transposed; bit 1: the first is.
   * @returns the bits of the result.
   */
  #product(size: number, sides: number): Uint32Array {
    const [m, n, k] = SIZES[size];
    const { a, b, c, workspace, end } = this.#at;
    const rows = (length: number, turned: boolean): [number, number] =>
      turned ? [4, 4 * length] : [4 * k, 4];
    const sidesOf = [rows(m, sides >= 2), rows(n, sides % 2 === 0)].flat();
    const [aRow, aStep, bRow, bStep] = sidesOf;
    const bits = new Uint32Array(this.#kernels.memory.buffer, c, (end - c) / 4);
    this.#kernels.product(
      m,
      n,
      k,
      a,
      aRow,
      aStep,
      b,
      bRow,
      bStep,
      c,
      4 * n,
      0.7,
      sides === 2 ? 0 : -0.3,
      0,
      workspace,
    );
    return bits.subarray(0, m * n);
  }
}
