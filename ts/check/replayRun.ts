import { machineFor } from "../backend/machineFor.js";
import { loadKernels } from "../kernels/kernels.js";
import type { HostOptions } from "../train/prepare.js";
import type { Replay, ReplayResult } from "./replay.js";

/**
 * Reads a replay file: an `.npz` with `meta`, `X`, `y`, `W0_l`, `b0_l`, `V0`, `noise` and `order`.
 * @param name names the file in messages.
 * @throws InputError that names the array, its shape or value, and what it takes.
 */
export async function readReplay(bytes: Uint8Array, name = "replay.npz"): Promise<Replay> {
  const { readReplay: read } = await import("./replay.js");
  return read(bytes, name);
}

/** How to replay. */
export interface ReplayOptions extends Pick<HostOptions, "backend" | "gpu" | "fast" | "kernels"> {
  /** Adds the mean local Hessian at the noise nodes' layer, at the start. */
  readonly curvature?: boolean;
}

/** A replay, and the curvature at its start. */
export interface ReplayRun extends ReplayResult {
  /** The mean local Hessian at the noise nodes' layer, `[outputs, outputs]` row-major; null unless asked for. */
  readonly hessian: Float64Array | null;
}

/**
 * Repeats another implementation's run (`readReplay`), number by number.
 * @throws RunError if the backend is missing.
 */
export async function replay(given: Replay, options: ReplayOptions = {}): Promise<ReplayRun> {
  const kernels = options.kernels ?? (await loadKernels({ fast: options.fast }));
  const machine = await machineFor(options.backend ?? "auto", kernels, options.gpu);
  const { replayOn } = await import("./replay.js");
  const result = await replayOn(machine, given);
  if (!options.curvature) return { ...result, hessian: null };
  // Loaded on demand: it brings an eigen-solver.
  const { replayHessian } = await import("./replayHessian.js");
  return { ...result, hessian: await replayHessian(given, machine) };
}
