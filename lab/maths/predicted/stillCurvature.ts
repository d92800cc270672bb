import { denseHessian } from "../../../ts/curvature/hessian.js";
import { logRange } from "../../../ts/experiment/range.js";
import type { Experiment } from "../../../ts/experiment/schema.js";
import type { Kernels } from "../../../ts/kernels/kernels.js";
import { openCurvature } from "../../../ts/probe/startPrediction.js";
import { runExperiment } from "../../../ts/train/experimentRun.js";
import { initialParameters, parametersOf } from "../../../ts/train/parameters.js";
import { type Prepared, prepare } from "../../../ts/train/prepare.js";
import { withSigma } from "../../state/edit.js";
import { givenFiles } from "../files/givenFiles.js";

/** The curvature at the noise nodes' layer along a run without noise, which all strengths of noise share. */
export interface StillCurvature {
  /** Width of the layer. */
  readonly width: number;
  readonly batch: number;
  /** Updates of the whole run. */
  readonly steps: number;
  /** The noise weights at the start, `[width, nodes]`. */
  readonly niw: Float64Array;
  readonly moments: readonly CurvatureMoment[];
}

export interface CurvatureMoment {
  /** Updates made. */
  readonly step: number;
  /** `<H>`, `[width, width]`. */
  readonly hessian: Float64Array;
  /** `<g g^T>`, `[width, width]`. */
  readonly gradientSquares: Float64Array;
}

/** Training samples that a curvature is taken over, and moments of a run. */
const SAMPLES = 256;
const MOMENTS = 24;
/** The widest layer for which a page waits. */
export const WIDEST = 64;

/** Null where the layer is too wide for a page. */
export async function stillCurvature(
  experiment: Experiment,
  kernels: Kernels,
): Promise<StillCurvature | null> {
  const still = withSigma(experiment, 0);
  const prepared = await prepare(
    { ...still, stop: {} },
    { kernels, backend: "wasm", files: givenFiles },
  );
  try {
    const width = prepared.plan.network.widths[still.noise[0].layer + 1];
    return width > WIDEST ? null : await alongRun(prepared, width);
  } finally {
    prepared.dispose();
  }
}

async function alongRun(prepared: Prepared, width: number): Promise<StillCurvature> {
  const { plan, schedule, data, inputs } = prepared;
  const { steps } = schedule;
  const probe = await openCurvature(prepared, { samples: Math.min(SAMPLES, data.train.rows) });
  const moments: CurvatureMoment[] = [];
  const at = [
    ...new Set(logRange("steps", `1:${steps + 1}:${MOMENTS}`).map((t) => Math.round(t) - 1)),
  ];
  try {
    await runExperiment(prepared, {
      observer: {
        next: (step) => at.find((one) => one >= step) ?? Number.POSITIVE_INFINITY,
        look: async ({ step, weights }) => {
          probe.load(parametersOf(plan.network, weights));
          const hessian = await denseHessian(probe);
          const { squares } = await probe.gradient();
          moments.push({ step, hessian, gradientSquares: squares });
        },
      },
    });
  } finally {
    probe.dispose();
  }
  const [niw] = initialParameters(plan.network, inputs).niw;
  return { width, batch: plan.batch, steps, niw, moments };
}
