// The linear model over a grid of noise strengths and learning rates, by its exact recursion: where the catapult begins,
// measured beside `eta sigma^2 lambda = 2`.
import {
  linearBoundaries,
  linearExperiment,
  loadKernels,
  measuredBoundaries,
  runLinearEnsemble,
} from "ninscope";

const steps = 1000;
const experiment = linearExperiment({
  width: 100,
  samples: 200,
  learningRate: 0.05,
  steps,
  sigma: 1,
  seed: 0,
});
const sigmas = Array.from({ length: 60 }, (_, i) => 0.5 * 1.07 ** i);
const cells = await runLinearEnsemble(
  {
    experiment,
    sigmas,
    learningRates: [0.02, 0.05, 0.1],
    seeds: [0, 1, 2, 3],
  },
  { kernels: await loadKernels() },
);

for (const learningRate of [0.02, 0.05, 0.1]) {
  const own = cells.filter((cell) => cell.learningRate === learningRate);
  // kappa = eta sigma^2 lambda(0), so lambda can be read from any cell.
  const lambda =
    own.reduce((sum, c) => sum + c.kappa / (learningRate * c.sigma ** 2), 0) / own.length;
  const predicted = linearBoundaries(learningRate, steps, lambda).catapult;
  const { catapult } = measuredBoundaries(own);
  console.log(
    `learning rate ${learningRate}: catapult from sigma ${catapult.measured?.toFixed(2)}, predicted ${predicted.toFixed(2)}`,
  );
}
