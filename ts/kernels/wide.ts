import { BYTES } from "./embeddedWide.js";
import { inflated } from "./inflated.js";
import { type KernelExports, type Kernels, kernelsFrom } from "./instance.js";

/** Versions of Node on which this was tried. Others may not know the flag, or do what it says. */
const VERSIONS = [24, 25, 26];
const FLAG = "experimental-wasm-revectorize";
/** So long both builds run, for V8 optimises what has run for a while; and so long at most, until it pays. */
const TRIAL_MS = 120;
const MOST_MS = 500;
/** How much faster the wide build has to be to be taken. */
const GAIN = 1.15;
/** Sides of the products that are compared: of several panels and blocks, with edges. */
const SIZES = [
  [96, 96, 96],
  [61, 53, 97],
  [13, 100, 450],
] as const;

type V8 = { setFlagsFromString(flag: string): void };

let found: Promise<WebAssembly.Module | null> | undefined;

/**
 * The relaxed kernels with products in vectors of 256 bits, where Node's compiler can be brought to make these of pairs
 * of 128: the same bits, in half the instructions. Its flag is on only while both builds run here, so that of this
 * process nothing is compiled under it but what was compared: a build that is not faster, or differs in a bit, is not taken.
 */
export async function widened(relaxed: Kernels): Promise<Kernels> {
  found ??= tried(relaxed);
  const module = await found;
  return module ? kernelsFrom(module, "relaxed", 256, relaxed.digest) : relaxed;
}

async function tried(relaxed: Kernels): Promise<WebAssembly.Module | null> {
  const { process } = globalThis;
  const v8: V8 | undefined = process.getBuiltinModule?.("node:v8");
  if (!v8 || !VERSIONS.includes(Number.parseInt(process.versions.node, 10))) return null;
  const wide = kernelsFrom(await WebAssembly.compile(await inflated(BYTES)), "relaxed");
  v8.setFlagsFromString(`--${FLAG}`);
  try {
    return pays(wide, relaxed) ? wide.module : null;
  } finally {
    v8.setFlagsFromString(`--no-${FLAG}`);
  }
}

/** Whether products of `wide` take less time than those of `relaxed`, and are the same bits. */
export function pays(wide: Kernels, relaxed: Kernels): boolean {
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

/** Products of one build, on numbers of which both builds have the same. */
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
    // Standard normal numbers are kind 1 of what the kernels draw.
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

  /** Every product in every transposition that programs have, as text. */
  bits(): string {
    return SIZES.flatMap((_, size) => [1, 2, 3].map((sides) => this.#product(size, sides))).join();
  }

  /** @param sides bit 0: the second matrix is transposed; bit 1: the first is. Returns what it made. */
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
