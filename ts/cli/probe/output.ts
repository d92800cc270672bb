import { join } from "node:path";
import { firstSigma } from "../../experiment/sweep.js";
import type { ProbeResult } from "../../probe/probeResult.js";
import { type PagePart, page } from "../../report/page.js";
import { writeWhole } from "../../store/node/atomic.js";
import { writeSpec } from "../../store/node/openStore.js";
import { writeFigure, writeJson, writeTrajectories } from "../../store/node/results.js";
import { comparisonTable, predictionTable } from "../comparisons.js";
import { dataLine } from "../dataLine.js";
import { digits, phaseName, table } from "../terminal.js";
import { timeScaleTable } from "../timeScaleTable.js";
import { type Calibrations, calibrationsOf, calibrationTable } from "./calibration.js";
import { type Figures, probeFigures, settings } from "./figures.js";

/** The largest number of runs that the report describes one by one. */
const TOLD = 12;

/** The command line's JSON for probed runs, each with its swept fields. */
export function probeSummary(
  results: readonly ProbeResult[],
  fields: readonly Readonly<Record<string, unknown>>[],
) {
  return {
    runs: results.map((result, i) => ({ ...fields[i], ...summaryOf(result) })),
    calibration: calibrationsOf(results),
  };
}

function summaryOf(result: ProbeResult) {
  const { backend, dataset, phase, evidence, final, timing, prediction, forecast, boundaries } =
    result;
  const { predictedNorm, timeScales, comparisons, moments } = result;
  const path = predictedNorm && {
    norm: [...predictedNorm.norm],
    deviation: [...predictedNorm.deviation],
  };
  return {
    backend: backend.name,
    data: dataset,
    phase,
    evidence,
    final,
    timing,
    prediction,
    forecast,
    boundaries,
    comparisons,
    timeScales,
    moments,
    predictedNorm: path,
  };
}

/** Writes experiments, trajectories, figures, report and summary into a folder. */
export async function writeProbe(
  folder: string,
  results: readonly ProbeResult[],
  summary: ReturnType<typeof probeSummary>,
): Promise<void> {
  const experiments = results.map(({ experiment }) => experiment);
  await writeSpec(folder, experiments);
  const recorded = results.map(({ trajectory }) => ({ trajectory: async () => trajectory }));
  await writeTrajectories(folder, recorded, {});
  const figures = probeFigures(results, summary.calibration);
  for (const [name, { svg }] of Object.entries(figures)) await writeFigure(folder, name, svg);
  await writeWhole(join(folder, "report.html"), report(results, figures, summary.calibration));
  await writeJson(folder, "summary.json", summary);
}

function report(
  results: readonly ProbeResult[],
  figures: Figures,
  found: Calibrations | null,
): string {
  const [{ experiment, backend }] = results;
  const { layers, activation } = experiment.network;
  const parts: PagePart[] = [
    ...Object.values(figures),
    ...(found ? [{ heading: "Calibration in numbers", table: calibrationTable(found) }] : []),
    ...results.slice(0, TOLD).flatMap((result): PagePart[] => [
      {
        heading: `${named(result)}: ${result.phase}`,
        words: [result.evidence.reason],
        table: comparisonTable(result.comparisons),
      },
      { heading: `${named(result)}: predicted`, table: predictionTable(result) },
      { heading: `${named(result)}: time scales`, table: timeScaleTable(result.timeScales) },
    ]),
  ];
  return page({
    title: "A probe of learning dynamics",
    lead: `${activation} network ${layers.join("-") || "without hidden layers"}; ${settings(results)}`,
    parts,
    provenance: [
      ["runs", String(results.length)],
      ["machine", `${backend.name} (${backend.flavour})`],
      ["experiment", JSON.stringify(experiment)],
    ],
  });
}

function named({ experiment }: ProbeResult): string {
  return `sigma ${digits(firstSigma(experiment))}, seed ${experiment.seed}`;
}

/** The description of one run for a terminal. */
export function describedProbe(result: ProbeResult): string {
  const { dataset, phase, evidence, timing } = result;
  const predictions = predictionTable(result);
  const { head, rows } = comparisonTable(result.comparisons);
  const scales = timeScaleTable(result.timeScales);
  return [
    `${named(result)}: ${phaseName(phase)} (${evidence.reason})`,
    table(predictions.head, predictions.rows),
    table(
      head.slice(0, 4),
      rows.map(([what, ...rest]) => [wrapped(what), ...rest.slice(0, 3)]),
    ),
    table(scales.head, scales.rows),
    dataLine(dataset),
    `${timing.steps} steps`,
  ].join("\n");
}

function wrapped(text: string): string {
  return text.replace(/(.{30,48}) /g, "$1\n");
}
