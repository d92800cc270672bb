// The linear model's exact recursion over a grid of sigma; a unit is `STEPS` steps of all cells:
// node ensemble.mjs '{"experiment": ..., "cells": 1024, "fast": true}'
import { loadKernels, parseExperiment, runLinearEnsemble } from "../../dist/node.js";
import { serve } from "../lib/serve.mjs";
import { sigmas } from "../lib/sigmas.mjs";
import { watched } from "./memory.mjs";

/** A run's length, in whole units. The time includes setting up an ensemble and reading it out. */
const STEPS = 1000;

const { experiment, cells, fast, ...options } = JSON.parse(process.argv[2]);
const kernels = await loadKernels({ fast });
const { watching, bytes } = watched(kernels);
const run = (steps) => {
  const { learningRate } = experiment.optimizer;
  const spec = {
    ...options,
    experiment: parseExperiment({ ...experiment, epochs: undefined, steps }),
    sigmas: sigmas(cells),
    learningRates: [learningRate],
    seeds: [experiment.seed],
  };
  return runLinearEnsemble(spec, { kernels: watching });
};
await run(1);

await serve({
  ready: { module: kernels.flavour, stepsPerUnit: STEPS, memoryBytes: bytes() },
  cases: {
    ensemble: async (units) => {
      await run(units * STEPS);
    },
  },
  losses: async (steps) => (await run(steps)).map(({ lossEnd }) => lossEnd),
});
