import { phaseOf } from "../../ts/analysis/classify.js";
import { pause } from "../../ts/async/pause.js";
import type { KernelExports, Kernels } from "../../ts/kernels/kernels.js";
import { LinearSeed } from "../../ts/linear/linearSeed.js";
import { linearCell } from "../state/defaults.js";
import type { MapSpec } from "../state/labState.js";
import { MAP_RATES, MAP_SIGMAS } from "./linearSigmas.js";
import { CODES, emptyMap, everyNth, type PhaseMap } from "./phaseMap.js";

/** Which rows of a map one worker makes: every `of`th, because runs of large steps end sooner. */
export interface Share {
  readonly stride: number;
  readonly part: number;
  readonly of: number;
  readonly backend: "wasm" | "webgpu";
}

/** Kernels of the share before: memory that the host has provided already saves a third of the time. */
let spare: KernelExports | null = null;

/**
 * The rows of a share, by the exact recursion in float32.
 * @throws RunError, with the reason, if `webgpu` finds no GPU or loses it.
 */
export async function mapShare(
  kernels: Kernels,
  model: MapSpec,
  { stride, part, of, backend }: Share,
): Promise<PhaseMap> {
  const sigmas = everyNth(MAP_SIGMAS, stride);
  const learningRates = everyNth(MAP_RATES, stride).filter((_, row) => row % of === part);
  const experiment = linearCell(model, model.seed, 1, 0.05);
  const grid = { experiment, sigmas, learningRates, precision: "float32" } as const;
  const instance = spare ?? kernels.instantiate();
  // Another share may begin before this one ends.
  spare = null;
  const run = await LinearSeed.start(kernels, grid, model.seed, { backend, instance });
  while (!run.finished) {
    await run.advance();
    await pause();
  }
  const map = emptyMap(model, stride, run.count, run.lambda);
  const scales = sigmas.map((sigma) => run.scalesOf(sigma));
  for (let i = 0; i < run.count; i++) {
    const numbers = run.numbersOf(i);
    map.phases[i] = CODES.indexOf(phaseOf(numbers, scales[i % sigmas.length]));
    map.lossStart[i] = numbers.lossStart;
    map.lossMax[i] = numbers.lossMax;
    map.lossEnd[i] = numbers.lossEnd;
    map.steps[i] = run.get(i, "made");
  }
  spare = instance;
  return map;
}
