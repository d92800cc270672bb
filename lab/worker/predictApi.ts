import type { Experiment } from "../../ts/experiment/schema.js";
import type { Kernels } from "../../ts/kernels/kernels.js";
import {
  driftCurves,
  exactCurves,
  type PredictedCurves,
  whyUnpredictable,
  withoutCurves,
} from "../maths/predicted/predictedCurves.js";
import { type StillCurvature, stillCurvature, WIDEST } from "../maths/predicted/stillCurvature.js";
import { type WholeRun, wholeRun } from "../maths/run/wholeRun.js";
import { withSigma } from "../state/edit.js";

/** The calls by which the page asks for what stands beside a run: pinned runs, and what theory expects. */
export function predictApi(loading: Promise<Kernels>) {
  /** The last run without noise: the noise's strength does not matter to it. */
  let still: { readonly key: string; readonly found: Promise<StillCurvature | null> } | null = null;
  return {
    /** Trains an experiment from start to end. */
    async wholeRun(experiment: Experiment): Promise<WholeRun> {
      return wholeRun(experiment, await loading);
    },
    /** Where theory has nothing to say, it says why. */
    async predicted(experiment: Experiment): Promise<PredictedCurves> {
      const why = whyUnpredictable(experiment);
      if (why !== null) return withoutCurves(why);
      const kernels = await loading;
      const exact = exactCurves(experiment, kernels);
      if (exact) return exact;
      const key = JSON.stringify(withSigma(experiment, 0));
      if (still?.key !== key) still = { key, found: stillCurvature(experiment, kernels) };
      const curvature = await still.found;
      return curvature
        ? driftCurves(experiment, curvature)
        : withoutCurves(
            `the layer of the noise nodes has more than ${WIDEST} units, whose curvature takes too long for a page`,
          );
    },
  };
}
