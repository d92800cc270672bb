import { InputError, RunError } from "../errors/errors.js";
import { BYTES } from "./embedded.js";
import { inflated } from "./inflated.js";
import { type Flavour, type Kernels, kernelsFrom } from "./instance.js";

export type { Flavour, KernelExports, Kernels } from "./instance.js";

/** Where a module comes from, if not from the embedded bytes. */
export type KernelSource = URL | string | BufferSource;

/** Which kernels to compile, and from where. */
export interface KernelOptions {
  /** Takes the relaxed module where the host can run it. */
  readonly fast?: boolean;
  /** The baseline module; default: the embedded bytes. */
  readonly baseline?: KernelSource;
  /** The relaxed module; default: the embedded bytes. */
  readonly relaxed?: KernelSource;
}

/** The smallest module with a relaxed instruction: `(func (result v128) ... f32x4.relaxed_madd)`. */
const PROBE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0],
  ...[65, 0, 253, 17, 65, 0, 253, 17, 65, 0, 253, 17, 253, 133, 2, 11],
);

/**
 * Compiles the kernels.
 * @throws InputError if a source of one's own is not these kernels; RunError if the host has no WebAssembly SIMD.
 */
export async function loadKernels(options: KernelOptions = {}): Promise<Kernels> {
  const flavour: Flavour = options.fast && hasRelaxedSimd() ? "relaxed" : "baseline";
  const source = options[flavour];
  const bytes = source
    ? await fetched(flavour, source)
    : await inflated(flavour === "relaxed" ? (await import("./embeddedRelaxed.js")).BYTES : BYTES);
  const module = await compiled(bytes, flavour, source !== undefined);
  const kernels = kernelsFrom(module, flavour);
  const mayWiden = flavour === "relaxed" && !source && globalThis.process?.arch === "x64";
  return mayWiden ? (await import("./wide.js")).widened(kernels) : kernels;
}

async function compiled(
  bytes: BufferSource,
  flavour: Flavour,
  own: boolean,
): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    if (own) {
      throw new InputError(
        flavour,
        `${flavour}: the bytes are not ninscope's kernels (${(cause as Error).message})`,
      );
    }
    throw new RunError("this host cannot run the kernels: WebAssembly with SIMD is needed", {
      cause,
    });
  }
}

async function fetched(flavour: Flavour, source: KernelSource): Promise<BufferSource> {
  if (typeof source !== "string" && !(source instanceof URL)) return source;
  let response: Response;
  try {
    response = await fetch(source);
  } catch (cause) {
    throw new InputError(
      flavour,
      `${flavour}: ${source} could not be fetched: ${(cause as Error).message}`,
    );
  }
  if (!response.ok) {
    throw new InputError(
      flavour,
      `${flavour}: ${source} answered ${response.status}, not with the kernels`,
    );
  }
  return response.arrayBuffer();
}

/** Node 20 and 21 have relaxed SIMD behind a flag, which later versions, having it anyway, do not know. */
function hasRelaxedSimd(): boolean {
  if (WebAssembly.validate(PROBE)) return true;
  const host = globalThis.process;
  const v8 = host?.getBuiltinModule?.("node:v8");
  if (!v8 || Number.parseInt(host.versions.node, 10) > 21) return false;
  v8.setFlagsFromString("--experimental-wasm-relaxed-simd");
  return WebAssembly.validate(PROBE);
}
