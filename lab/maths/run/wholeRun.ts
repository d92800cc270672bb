import type { Evidence } from "../../../ts/analysis/classify.js";
import type { Experiment } from "../../../ts/experiment/schema.js";
import { hashRuns } from "../../../ts/format/hash.js";
import type { Kernels } from "../../../ts/kernels/kernels.js";
import { runExperiment } from "../../../ts/train/experimentRun.js";
import { parametersOf } from "../../../ts/train/parameters.js";
import { prepare } from "../../../ts/train/prepare.js";
import type { Final } from "../../../ts/train/record/final.js";
import { type Curves, curvesOf } from "../aligned.js";
import { givenFiles } from "../files/givenFiles.js";
import { CurvatureReadings } from "./curvatureReadings.js";

/** A run that nobody watched: what is left of it under another. */
export interface WholeRun {
  readonly curves: Curves;
  readonly evidence: Evidence;
  readonly final: Final;
  readonly hash: string;
}

/** Pairs of updates whose noise weights are read. */
const READINGS = 120;

/** Trains an experiment from start to end, to the bits that it has while it is watched. */
export async function wholeRun(experiment: Experiment, kernels: Kernels): Promise<WholeRun> {
  const prepared = await prepare(experiment, { kernels, backend: "wasm", files: givenFiles });
  try {
    const stride = Math.max(1, Math.round(prepared.schedule.steps / READINGS));
    const readings = new CurvatureReadings(experiment);
    const result = await runExperiment(prepared, {
      observer: {
        next: (step) => (step % stride <= 1 ? step : step + stride - (step % stride)),
        look: ({ step, weights }) => {
          readings.take(step, parametersOf(prepared.plan.network, weights).niw);
        },
      },
    });
    const { trajectory, evidence, final, timing } = result;
    const rate = experiment.optimizer.learningRate * (experiment.noise[0]?.sigma ?? 0) ** 2;
    return {
      curves: curvesOf(trajectory, readings.until(timing.steps), rate),
      ...{ evidence, final },
      hash: await hashRuns([result]),
    };
  } finally {
    prepared.dispose();
  }
}
