import { machineFor } from "../backend/machineFor.js";
import { loadKernels } from "../kernels/kernels.js";
import type { HostOptions } from "../train/prepare.js";
import { type Replay, type ReplayResult, replayOn } from "./replay.js";
import { replayHessian } from "./replayHessian.js";

export interface ReplayOptions extends Pick<HostOptions, "backend" | "gpu" | "fast" | "kernels"> {
  /** Adds the mean local Hessian at the noise nodes' layer, at the start. */
  readonly curvature?: boolean;
}

/**
 * Repeats another implementation's run (`readReplay`), number by number.
 * @throws RunError if the backend is missing.
 */
export async function replay(
  given: Replay,
  options: ReplayOptions = {},
): Promise<ReplayResult & { readonly hessian: Float64Array | null }> {
  const kernels = options.kernels ?? (await loadKernels({ fast: options.fast }));
  const machine = await machineFor(options.backend ?? "auto", kernels, options.gpu);
  const result = await replayOn(machine, given);
  return { ...result, hessian: options.curvature ? await replayHessian(given, machine) : null };
}
