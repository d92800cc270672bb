import { firstSigma } from "../../experiment/sweep.js";
import {
  writeFigure,
  writeJson,
  writeSummaries,
  writeTrajectories,
} from "../../store/node/results.js";
import type { RunStore } from "../../store/runStore.js";
import type { SweepResult, SweptSummary } from "../../sweep/sweepResult.js";
import { shown } from "../comparisons.js";
import { digits, phaseName, table } from "../terminal.js";
import { onePerPhase, sweepFigures } from "./figures.js";

type Result = SweepResult<SweptSummary>;

/** The command line's JSON for a sweep. */
export function sweepSummary({ runs, failed, groups, boundaries, resultsHash }: Result) {
  return {
    runs: runs.map(({ fields, backend, phase, evidence, final, timing }) => ({
      ...fields,
      backend: backend.name,
      flavour: backend.flavour,
      kernels: backend.kernels,
      phase,
      evidence,
      final,
      timing,
    })),
    failed: failed.map(({ fields, failure }) => ({ ...fields, error: failure.message })),
    groups,
    boundaries,
    resultsHash,
  };
}

/** Writes all results that follow from a sweep's runs. The store holds the trajectories. */
export async function writeSweep(
  folder: string,
  spec: unknown,
  result: Result,
  store: RunStore,
): Promise<void> {
  const trajectoryOf = async ({ key }: SweptSummary) => {
    const trajectory = await store.trajectory(key);
    if (!trajectory) throw new Error(`the store has lost run ${key}`);
    return trajectory;
  };
  const metadata = { experiment: JSON.stringify(spec) };
  const recorded = result.runs.map((run) => ({
    fields: run.fields,
    trajectory: () => trajectoryOf(run),
  }));
  // A shard may be empty, if the sweep has fewer runs than shards.
  if (result.runs.length > 0) {
    await writeTrajectories(folder, recorded, metadata);
    await writeSummaries(folder, result.runs, metadata);
    for (const [name, svg] of Object.entries(await sweepFigures(result, trajectoryOf))) {
      await writeFigure(folder, name, svg);
    }
  }
  await writeJson(folder, "summary.json", sweepSummary(result));
}

/** A table with one line for each run, or for one run of each phase if there are more than 40 runs. */
export function sweepTable(result: Result): string {
  if (result.runs.length === 0) return "this part of the sweep has no runs";
  const runs = result.runs.length <= 40 ? result.runs : onePerPhase(result.runs);
  const fields = Object.keys(result.runs[0].fields);
  const row = ({ fields: values, experiment, phase, evidence, final }: SweptSummary) => [
    ...(fields.length > 0
      ? fields.map((f) => shownValue(values[f]))
      : [digits(firstSigma(experiment))]),
    phaseName(phase),
    digits(final.unperturbedLoss),
    digits(final.testLoss),
    digits(final.testAccuracy),
    `${digits(evidence.niwStart)} → ${digits(evidence.niwEnd)}`,
  ];
  const head = [
    ...(fields.length > 0 ? fields : ["sigma"]),
    "phase",
    "loss",
    "test loss",
    "test accuracy",
    "noise weights",
  ];
  const edges = Object.entries(result.boundaries).map(([name, boundary]) => {
    const { measured, bracket, overSeeds, wrongSide, predicted, predictedError, verdict } =
      boundary;
    const astray = wrongSide === 0 ? "" : `; ${wrongSide} of the runs on the wrong side`;
    const beside = predicted
      ? `; predicted ${shown({ value: predicted, error: predictedError ?? 0 })}: ${verdict}`
      : "";
    return measured && bracket
      ? `${name} from sigma ${digits(measured)} (between ${digits(bracket[0])} and ${digits(bracket[1])}${
          overSeeds && overSeeds.count > 1
            ? `; over ${overSeeds.count} seeds ${digits(overSeeds.mean)}, 95 % from ${digits(overSeeds.low)} to ${digits(overSeeds.high)}`
            : ""
        }${astray}${beside})`
      : `${name}: not crossed${astray}${beside}`;
  });
  return [table(head, runs.map(row)), ...edges].join("\n");
}

function shownValue(value: unknown): string {
  return typeof value === "number" ? digits(value) : JSON.stringify(value);
}
