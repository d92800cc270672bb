import { PHASES } from "../analysis/phase.js";
import { firstSigma } from "../experiment/sweep.js";
import { trainingCurves } from "../report/curves.js";
import { phaseMap } from "../report/phaseMap.js";
import { runCurves } from "../report/runCurves.js";
import type { SweepResult, SweptSummary } from "../sweep/sweepResult.js";
import type { Trajectory } from "../trajectory/trajectory.js";

/** The run of each phase that lies in the middle of its range of sigma. */
export function onePerPhase(runs: readonly SweptSummary[]): SweptSummary[] {
  return PHASES.flatMap((phase) => {
    const own = runs
      .filter((run) => run.phase === phase)
      .sort((a, b) => firstSigma(a.experiment) - firstSigma(b.experiment));
    return own.length > 0 ? [own[Math.floor((own.length - 1) / 2)]] : [];
  });
}

/** Figures of a sweep, by name. */
export async function sweepFigures(
  { runs, boundaries }: SweepResult<SweptSummary>,
  trajectoryOf: (run: SweptSummary) => Promise<Trajectory>,
): Promise<Record<string, string>> {
  const { network, data } = runs[0].experiment;
  const seeds = [...new Set(runs.map(({ experiment }) => experiment.seed))];
  const what = `${network.activation} network ${network.layers.join("-") || "without hidden layers"} on ${data.name}; seeds ${seeds.slice(0, 8).join(", ")}${seeds.length > 8 ? ", ..." : ""}`;
  const examples = onePerPhase(runs);
  const places = runs.map(({ experiment, phase }) => ({ sigma: firstSigma(experiment), phase }));
  const figures: Record<string, string> = {};
  if (places.some(({ sigma }) => sigma > 0)) {
    figures.phases = phaseMap({
      title: "Phases of training against the strength of the noise",
      caption: what,
      panels: [{ runs: places, boundaries }],
    });
  }
  if (examples.length > 0) {
    const frame = { title: "One run of each phase", caption: what };
    const curves = examples.map(async (run) =>
      runCurves({ ...run, trajectory: await trajectoryOf(run) }),
    );
    figures.training = trainingCurves(frame, await Promise.all(curves));
  }
  return figures;
}
