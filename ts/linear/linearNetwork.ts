import { ProgressReporter } from "../async/progress.js";
import type { BackendName } from "../backend/machineFor.js";
import { runExperiment } from "../train/experimentRun.js";
import { type Parameters, parametersOf } from "../train/parameters.js";
import { prepare } from "../train/prepare.js";
import type { EnsembleOptions, EnsembleSpec, LinearCell } from "./linearEnsemble.js";

/** Computes the cells of an ensemble by training each network itself, one after another. */
export async function linearNetworkCells(
  { experiment, sigmas, learningRates, seeds }: EnsembleSpec,
  {
    kernels,
    signal,
    onProgress,
    backend,
    gpu,
  }: Omit<EnsembleOptions, "backend"> & { readonly backend: BackendName },
): Promise<LinearCell[]> {
  const points = seeds.flatMap((seed) =>
    learningRates.flatMap((learningRate) => sigmas.map((sigma) => ({ seed, learningRate, sigma }))),
  );
  const cells: LinearCell[] = [];
  const progress = new ProgressReporter("run", onProgress);
  for (const { seed, learningRate, sigma } of points) {
    const own = {
      ...experiment,
      seed,
      noise: [{ ...experiment.noise[0], sigma }],
      optimizer: { ...experiment.optimizer, learningRate },
    };
    const prepared = await prepare(own, { kernels, backend, gpu, signal });
    const { plan, inputs } = prepared;
    const { phase, evidence, trajectory, timing, parameters } = await runExperiment(prepared, {
      signal,
      onStep: (step, steps) => progress.report(cells.length + step / steps, points.length),
    });
    const start = [0, 1].map((l) => Float64Array.from(inputs.weights(l)));
    const { steps } = trajectory;
    const [, alpha] = plan.network.factors;
    cells.push({
      sigma,
      learningRate,
      seed,
      kappa: steps.kappa[0],
      phase,
      evidence,
      lossStart: steps.loss[0],
      lossMax: evidence.lossMax,
      lossEnd: steps.loss[steps.loss.length - 1],
      niwStart: steps.niwNorm[0],
      niwEnd: trajectory.evaluations.niwNorm[trajectory.evaluations.niwNorm.length - 1],
      effectiveNiwStart: signedEffectiveNiw(alpha, parametersOf(plan.network, start)),
      effectiveNiwEnd: signedEffectiveNiw(alpha, parameters),
      steps: timing.steps,
    });
  }
  return cells;
}

/** `alpha w2^T W_NI` of one noise node. */
function signedEffectiveNiw(alpha: number, { weights, niw }: Parameters): number {
  return alpha * weights[1].reduce((sum, w, i) => sum + w * niw[0][i], 0);
}
