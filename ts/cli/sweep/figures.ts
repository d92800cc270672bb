import { PHASES } from "../../analysis/phase.js";
import { firstSigma } from "../../experiment/sweep.js";
import { trainingCurves } from "../../report/curves.js";
import { doseCurves } from "../../report/doseCurves.js";
import { phaseMap } from "../../report/phaseMap.js";
import { doseOfRun, runCurves } from "../../report/runCurves.js";
import type { SweepResult, SweptSummary } from "../../sweep/sweepResult.js";
import type { Trajectory } from "../../trajectory/trajectory.js";

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
  const dosed = someOfOneSeed(runs);
  if (dosed.length > 0) {
    const frame = { title: "The dose that the noise nodes paid, and its budget", caption: what };
    const curves = dosed.map(async (run) =>
      doseOfRun({ ...run, trajectory: await trajectoryOf(run) }),
    );
    figures.dose = doseCurves(frame, await Promise.all(curves));
  }
  return figures;
}

/** Runs of the first seed with noise that stayed finite, at most five, spread over `sigma`. */
function someOfOneSeed(runs: readonly SweptSummary[]): SweptSummary[] {
  const own = runs
    .filter(({ experiment, dose }) => {
      const { seed } = runs[0].experiment;
      return experiment.seed === seed && (dose?.paid ?? 0) > 0 && Number.isFinite(dose?.budget);
    })
    .sort((a, b) => firstSigma(a.experiment) - firstSigma(b.experiment));
  if (own.length <= 5) return own;
  return [0, 1, 2, 3, 4].map((i) => own[Math.round((i * (own.length - 1)) / 4)]);
}
