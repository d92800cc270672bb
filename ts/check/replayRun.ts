import { machineFor } from "../backend/machineFor.js";
import { loadKernels } from "../kernels/kernels.js";
import type { HostOptions } from "../train/prepare.js";
import type { Replay, ReplayResult } from "./replay.js";

/**
 * Reads a replay file: an `.npz` with `meta`, `X`, `y`, `W0_l`, `b0_l`, `V0`, `noise` and `order`.
 * @param name the file's name in error messages.
 * @throws InputError that names the array, its shape or value, and what is accepted.
 */
export async function readReplay(bytes: Uint8Array, name = "replay.npz"): Promise<Replay> {
  const { readReplay: read } = await import("./replay.js");
  return read(bytes, name);
}

/** Options of `replay`. */
export interface ReplayOptions extends Pick<HostOptions, "backend" | "gpu" | "fast" | "kernels"> {
  /** Whether to compute the mean local Hessian at the noise nodes' layer at the start; default false. */
  readonly curvature?: boolean;
}

/** A replay's result, with the curvature at its start if that was asked for. */
export interface ReplayRun extends ReplayResult {
  /**
   * The mean local Hessian at the noise nodes' layer, `[outputs, outputs]` row-major; null unless `curvature` was set.
   */
  readonly hessian: Float64Array | null;
}

/**
 * Repeats another implementation's run (`readReplay`) with the same random numbers.
 * @throws RunError if the backend is not available.
 */
export async function replay(given: Replay, options: ReplayOptions = {}): Promise<ReplayRun> {
  const kernels = options.kernels ?? (await loadKernels({ fast: options.fast }));
  const machine = await machineFor(options.backend ?? "auto", kernels, options.gpu);
  const { replayOn } = await import("./replay.js");
  const result = await replayOn(machine, given);
  if (!options.curvature) return { ...result, hessian: null };
  // Loaded on demand, because it needs an eigenvalue solver.
  const { replayHessian } = await import("./replayHessian.js");
  return { ...result, hessian: await replayHessian(given, machine) };
}
