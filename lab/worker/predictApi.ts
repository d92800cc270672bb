import type { Experiment } from "../../ts/experiment/schema.js";
import type { Kernels } from "../../ts/kernels/kernels.js";
import {
  driftCurves,
  exactCurves,
  isPredictable,
  type PredictedCurves,
} from "../maths/predicted/predictedCurves.js";
import { type StillCurvature, stillCurvature } from "../maths/predicted/stillCurvature.js";
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
    /** Null where theory has nothing to say. */
    async predicted(experiment: Experiment): Promise<PredictedCurves | null> {
      if (!isPredictable(experiment)) return null;
      const kernels = await loading;
      const exact = exactCurves(experiment, kernels);
      if (exact) return exact;
      const key = JSON.stringify(withSigma(experiment, 0));
      if (still?.key !== key) still = { key, found: stillCurvature(experiment, kernels) };
      const curvature = await still.found;
      return curvature && driftCurves(experiment, curvature);
    },
  };
}
