import { estimate } from "../analysis/estimate.js";
import { CurvatureProbe } from "../curvature/curvatureProbe.js";
import type { LinearExpectation } from "../linear/linearExpectation.js";
import { initialParameters } from "../train/parameters.js";
import type { Prepared } from "../train/prepare.js";
import { type Prediction, predict } from "./predict.js";
import type { PredictionWithError } from "./probeResult.js";

type Numbers = Omit<Prediction, "modes">;

/**
 * Predicts a run from the curvature at its start (Levi et al., arXiv:2210.13599, section 2). Errors come from the two
 * halves of the samples. The linear model's boundaries and time come from its exact recursion.
 * @param samples training samples that the curvature is taken over.
 */
export async function startPrediction(
  prepared: Prepared,
  curvature: CurvatureProbe,
  linear: LinearExpectation | null,
  signal?: AbortSignal,
): Promise<PredictionWithError> {
  const { samples } = curvature;
  const whole = await predictWith(prepared, curvature);
  const halves: Prediction[] = [];
  const rows = Math.max(1, Math.floor(samples / 2));
  for (const first of [0, Math.floor(samples / 2)]) {
    const half = await openCurvature(prepared, { first, samples: rows, signal });
    try {
      halves.push(await predictWith(prepared, half));
    } finally {
      half.dispose();
    }
  }
  const prediction = withError(whole, halves);
  return linear ? linearWithError(prediction, linear) : prediction;
}

/** A probe of the layer that carries the first noise group. */
export function openCurvature(
  { machine, plan, data, experiment }: Prepared,
  options: { readonly first?: number; readonly samples: number; readonly signal?: AbortSignal },
): Promise<CurvatureProbe> {
  const [{ layer, nodes }] = experiment.noise;
  return CurvatureProbe.open(machine, plan.network, layer, data, {
    ...options,
    nodes: Math.max(32, nodes),
  });
}

/** The prediction of a prepared run's initial weights, over the probe's samples. */
export function predictWith(prepared: Prepared, curvature: CurvatureProbe): Promise<Prediction> {
  const { plan, experiment, inputs, streams, schedule } = prepared;
  const parameters = initialParameters(plan.network, inputs);
  const [{ sigma, nodes }] = experiment.noise;
  curvature.load(parameters);
  return predict(curvature, plan.network, parameters.niw[0], streams, {
    ...{ learningRate: plan.learningRate, batch: plan.batch, sigma, nodes },
    steps: schedule.steps,
  });
}

/** Half the difference of two halves is the standard error of their mean. */
function withError(
  { modes, ...whole }: Prediction,
  [a, b]: readonly Numbers[],
): PredictionWithError {
  const of = (key: keyof Numbers) => {
    const value = whole[key];
    const halves = [a[key], b[key]];
    if (value === null) return null;
    const error = halves.every((x) => x !== null) ? estimate(halves as number[]).error : Number.NaN;
    return { value, error };
  };
  const numbers = Object.fromEntries(
    (Object.keys(whole) as (keyof Numbers)[]).map((key) => [key, of(key)]),
  ) as Record<keyof Numbers, ReturnType<typeof of>>;
  return { ...numbers, modes };
}

/** The linear model's boundaries and time are known without measuring, except for the scatter of a batch's noise. */
function linearWithError(
  prediction: PredictionWithError,
  { boundaries, niwTime, scatter }: LinearExpectation,
): PredictionWithError {
  return {
    ...prediction,
    niwTime,
    decay: { value: boundaries.decay, error: 0 },
    catapult: { value: boundaries.catapult, error: scatter * boundaries.catapult },
  };
}
