import type { Machine } from "../backend/machine.js";
import { CurvatureProbe } from "../curvature/curvatureProbe.js";
import { denseHessian } from "../curvature/hessian.js";
import { parametersOf } from "../train/parameters.js";
import type { Replay } from "./replay.js";

/**
 * The mean local Hessian `<H>`, `[d, d]`, at the noise nodes' layer and at the start of a replay, over all samples and
 * without noise.
 */
export async function replayHessian(
  { plan, data, inputs }: Replay,
  machine: Machine,
): Promise<Float64Array> {
  const { network } = plan;
  const weights = network.widths.slice(1).map((_, l) => Float64Array.from(inputs.weights(l)));
  const probe = await CurvatureProbe.open(machine, network, network.noise[0].layer, data);
  try {
    probe.load(parametersOf(network, weights));
    return await denseHessian(probe);
  } finally {
    probe.dispose();
  }
}
