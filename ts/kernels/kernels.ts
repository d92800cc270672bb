import { sha256 } from "../digest/sha256.js";
import { InputError, RunError } from "../errors/errors.js";
import { BYTES } from "./embedded.js";
import { DIGESTS } from "./embeddedDigests.js";
import { inflated } from "./inflated.js";
import {
  type Build,
  type Flavour,
  type KernelExports,
  type Kernels,
  kernelsFrom,
} from "./instance.js";

export type { Build, Flavour, KernelExports, Kernels } from "./instance.js";

/** Where a module comes from, instead of the embedded bytes. */
export type KernelSource = URL | string | BufferSource;

/** Which kernels to compile, and from where. */
export interface KernelOptions {
  /** Whether to use the relaxed module if the host can run it; default false. */
  readonly fast?: boolean;
  /** The baseline module; default: the embedded bytes. */
  readonly baseline?: KernelSource;
  /** The relaxed module; default: the embedded bytes. */
  readonly relaxed?: KernelSource;
}

/** What a module must export. The first is the function that runs programs. */
const EXPORTS: readonly (keyof KernelExports)[] = [
  ...(["run", "memory", "heapBase", "workspaceBytes", "product", "philox", "draw"] as const),
  ...(["permutation", "log", "cos2pi", "sin2pi"] as const),
  ...(["linearMoments", "linearSteps", "linearSteps32"] as const),
];

/** The smallest module with a relaxed instruction: `(func (result v128) ... f32x4.relaxed_madd)`. */
const PROBE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0],
  ...[65, 0, 253, 17, 65, 0, 253, 17, 65, 0, 253, 17, 253, 133, 2, 11],
);

/**
 * Compiles the kernels.
 * @throws InputError if a source that the caller gives does not hold these kernels; RunError if the host has no
 * WebAssembly SIMD.
 */
export async function loadKernels(options: KernelOptions = {}): Promise<Kernels> {
  const build: Build = options.fast && hasRelaxedSimd() ? "relaxed" : "baseline";
  const source = options[build];
  if (source) return ownKernels(build, await fetched(build, source));
  const { BYTES: bytes } = build === "relaxed" ? await import("./embeddedRelaxed.js") : { BYTES };
  const module = await embeddedModule(await inflated(bytes));
  const kernels = kernelsFrom(module, build, 128, DIGESTS[build]);
  const mayWiden = build === "relaxed" && globalThis.process?.arch === "x64";
  return mayWiden ? (await import("./wide.js")).widened(kernels) : kernels;
}

async function embeddedModule(bytes: BufferSource): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw new RunError("this host cannot run the kernels: WebAssembly with SIMD is needed", {
      cause,
    });
  }
}

/** Kernels that the caller gives. If they are the bytes of a ninscope build, they have its flavour. */
async function ownKernels(build: Build, source: BufferSource): Promise<Kernels> {
  const view = ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
  // A copy, because the caller may change its bytes while they are compiled and hashed.
  const bytes = Uint8Array.from(view);
  const refused = (why: string) =>
    new InputError(build, `${build}: the ${why}; takes the kernels.wasm of a ninscope package`);
  let module: WebAssembly.Module;
  try {
    module = await WebAssembly.compile(bytes);
  } catch (cause) {
    throw refused(`bytes are not ninscope's kernels (${(cause as Error).message})`);
  }
  const exports = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  const missing = EXPORTS.find((name) => !exports.has(name));
  if (missing) throw refused(`module is not ninscope's kernels: it has no export "${missing}"`);
  const [imported] = WebAssembly.Module.imports(module);
  if (imported) throw refused(`module is not ninscope's kernels: it imports "${imported.name}"`);
  const digest = await sha256(bytes);
  const flavour: Flavour =
    (["baseline", "relaxed"] as const).find((of) => DIGESTS[of] === digest) ?? "own";
  return kernelsFrom(module, flavour, 128, digest);
}

async function fetched(build: Build, source: KernelSource): Promise<BufferSource> {
  if (typeof source !== "string" && !(source instanceof URL)) return source;
  let response: Response;
  try {
    response = await fetch(source);
  } catch (cause) {
    throw new InputError(
      build,
      `${build}: ${source} could not be fetched: ${(cause as Error).message}`,
    );
  }
  if (!response.ok) {
    throw new InputError(
      build,
      `${build}: ${source} answered ${response.status}, not with the kernels`,
    );
  }
  return response.arrayBuffer();
}

/**
 * Whether the host runs relaxed SIMD. Node 20 and 21 have it behind a flag. Later versions have it without a flag and
 * do not know that flag.
 */
function hasRelaxedSimd(): boolean {
  if (WebAssembly.validate(PROBE)) return true;
  const host = globalThis.process;
  const v8 = host?.getBuiltinModule?.("node:v8");
  if (!v8 || Number.parseInt(host.versions.node, 10) > 21) return false;
  v8.setFlagsFromString("--experimental-wasm-relaxed-simd");
  return WebAssembly.validate(PROBE);
}
