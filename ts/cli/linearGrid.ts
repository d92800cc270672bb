import { linearExperiment } from "../experiment/presets.js";
import { logRange } from "../experiment/range.js";
import type { Kernels } from "../kernels/kernels.js";
import { runLinearEnsemble } from "../linear/linearEnsemble.js";
import { linearPrediction } from "../linear/linearPrediction.js";
import { phaseGrid } from "../report/phaseGrid.js";

/** The linear model's phases over (`sigma`, learning rate), by its exact recursion. */
export async function linearGrid(kernels: Kernels, signal: AbortSignal): Promise<string> {
  const seeds = [0, 1, 2];
  const steps = 2000;
  const experiment = (learningRate: number, seed: number) =>
    linearExperiment({ width: 100, samples: 200, learningRate, steps, sigma: 1, seed });
  const cells = await runLinearEnsemble(
    {
      experiment: experiment(0.05, 0),
      sigmas: logRange("sigma", "0.03:30:40"),
      learningRates: logRange("learning rate", "0.003:0.3:24"),
      seeds,
    },
    { kernels, signal },
  );
  const starts = seeds.map((seed) => experiment(1, seed));
  const one = await linearPrediction(starts, kernels, signal);
  // The boundaries of catapult and divergence go as 1 / sqrt(eta), and so does that of decay.
  const curve = (name: "decay" | "catapult" | "divergent") => ({
    name,
    sigma: (rate: number) => one[name] / Math.sqrt(rate),
  });
  return phaseGrid({
    title: "The linear model's phases",
    caption: `d = 100, N = 200, ${steps} steps, fresh noise, seeds 0 to 2; 2,880 runs of the exact recursion`,
    cells,
    predicted: [curve("decay"), curve("catapult"), curve("divergent")],
  });
}
