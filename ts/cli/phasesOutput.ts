import { PHASES, type Phase } from "../analysis/phase.js";
import { linearTrajectories } from "../report/curves.js";
import { phaseMap } from "../report/phaseMap.js";
import { writeSpec } from "../store/node/openStore.js";
import { writeFigure, writeJson } from "../store/node/results.js";
import type { PhasesJob, PhasesResult } from "./phasesJob.js";
import { digits, phaseName, table } from "./terminal.js";

/** The command line's JSON for the linear model's phases. */
export function phasesSummary({ cells, boundaries }: PhasesResult) {
  return { cells: cells.map(({ evidence: _, ...cell }) => cell), boundaries };
}

/** Writes figures and summary into a folder. */
export async function writePhases(
  folder: string,
  job: PhasesJob,
  result: PhasesResult,
): Promise<void> {
  await writeSpec(folder, job.spec);
  for (const [name, svg] of Object.entries(phasesFigures(job, result)))
    await writeFigure(folder, name, svg);
  await writeJson(folder, "summary.json", phasesSummary(result));
}

function phasesFigures(
  job: PhasesJob,
  { cells, boundaries }: PhasesResult,
): Record<string, string> {
  const { width, samples, learningRate, steps, mode } = job.options;
  const [first, last] = [job.seeds[0], job.seeds[job.seeds.length - 1]];
  const settings = `d = ${width}, N = ${samples}, eta = ${learningRate}, ${steps} steps, ${mode} noise`;
  return {
    phases: phaseMap({
      title: "The linear model's phases against the strength of the noise",
      caption: `${settings}, seeds ${first} to ${last}`,
      panels: [{ runs: cells, boundaries }],
    }),
    trajectories: linearTrajectories(
      { title: "The linear model in its four phases", caption: `${settings}, seed ${first}` },
      job.examples(cells),
    ),
  };
}

/** One line a value of sigma: how many seeds are in which phase. */
export function phasesTable({ cells, boundaries }: PhasesResult): string {
  const sigmas = [...new Set(cells.map(({ sigma }) => sigma))];
  const rows = sigmas.map((sigma) => {
    const here = cells.filter((cell) => cell.sigma === sigma);
    const kappa = here.reduce((sum, cell) => sum + cell.kappa, 0) / here.length;
    const shares = ([...PHASES, "unclassified"] as Phase[])
      .map((phase) => ({ phase, count: here.filter((cell) => cell.phase === phase).length }))
      .filter(({ count }) => count > 0)
      .map(({ phase, count }) =>
        count === here.length ? phaseName(phase) : `${phaseName(phase)} ${count}`,
      );
    return [digits(sigma), digits(kappa), shares.join(", ")];
  });
  const edges = Object.entries(boundaries).map(
    ([name, { predicted, recursion, measured, verdict }]) =>
      `${name} from sigma ${digits(measured)} (predicted ${digits(predicted)}, by the recursion ${digits(recursion)}: ${verdict})`,
  );
  return [
    table(["sigma", "kappa", `phase (of ${cells.length / sigmas.length} seeds)`], rows),
    ...edges,
  ].join("\n");
}
