import { join } from "node:path";
import { type Calibration, calibrate } from "../analysis/calibration.js";
import type { Estimate } from "../analysis/estimate.js";
import type { TimeScale } from "../analysis/timeScale.js";
import { firstSigma } from "../experiment/sweep.js";
import type { Comparison, ProbeResult } from "../probe/probeResult.js";
import { calibrationScatter, type ReadPoint } from "../report/calibration.js";
import { trainingCurves } from "../report/curves.js";
import { type PagePart, type PageTable, page } from "../report/page.js";
import { probeCurves } from "../report/probeCurves.js";
import { validityMap } from "../report/validityMap.js";
import { writeWhole } from "../store/node/atomic.js";
import { writeSpec } from "../store/node/openStore.js";
import { writeFigure, writeJson, writeTrajectories } from "../store/node/results.js";
import { comparisonTable, predictionTable } from "./comparisons.js";
import { dataLine } from "./dataLine.js";
import { fitsOf, runCurves, stepsAnEpoch } from "./runCurves.js";
import { digits, phaseName, table } from "./terminal.js";

/** Readings over fewer runs are no calibration. */
const CALIBRATED = 3;
/** Runs of a sweep that the report tells one by one, at most. */
const TOLD = 12;

/** The command line's JSON for probed runs, each with its swept fields. */
export function probeSummary(
  results: readonly ProbeResult[],
  fields: readonly Readonly<Record<string, unknown>>[],
) {
  return {
    runs: results.map((result, i) => ({ ...fields[i], ...summaryOf(result) })),
    calibration: results.length >= CALIBRATED ? calibrations(results) : null,
  };
}

function summaryOf(result: ProbeResult) {
  const { backend, dataset, phase, evidence, final, timing, prediction, divergentBracket } = result;
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
    divergentBracket,
    comparisons,
    timeScales,
    moments,
    predictedNorm: path,
  };
}

const HEADINGS = {
  antithetic: "antithetic passes",
  step: "by step",
  decay: "by decay",
  drift: "by decay and diffusion",
  memory: "by memory",
} as const;

type Reading = keyof typeof HEADINGS;
type Calibrations = Readonly<Record<Reading, Calibration>>;

interface SeededPoint extends ReadPoint {
  readonly seed: number;
}

/** Readings beside the smoothed curvature: antithetic at both ends of each run, the others one a run. */
function readingsOf(results: readonly ProbeResult[]): Record<Reading, SeededPoint[]> {
  const of = (what: RegExp) =>
    results.map(({ comparisons, experiment: { seed } }) => ({
      ...readPoint(comparisons, what),
      seed,
    }));
  return {
    antithetic: results.flatMap(({ moments, experiment: { seed } }) =>
      [moments[0], moments[moments.length - 1]].map(({ smoothed, antithetic }) => ({
        direct: smoothed,
        reading: antithetic.value,
        error: antithetic.error,
        seed,
      })),
    ),
    step: of(/by step/),
    decay: of(/by decay,/),
    drift: of(/by decay and diffusion/),
    memory: of(/by memory/),
  };
}

function readPoint(comparisons: readonly Comparison[], what: RegExp): ReadPoint {
  const found = comparisons.find((comparison) => what.test(comparison.what));
  const [direct, reading] = [found?.predicted as Estimate, found?.measured as Estimate];
  return { direct: direct?.value, reading: reading?.value, error: reading?.error };
}

function calibrations(results: readonly ProbeResult[]): Calibrations {
  const readings = readingsOf(results);
  const of = (name: Reading) => {
    const points = readings[name];
    return calibrate(
      points.map(({ direct }) => direct),
      points.map(({ reading }) => reading),
      points.map(({ seed }) => seed),
    );
  };
  return {
    antithetic: of("antithetic"),
    step: of("step"),
    decay: of("decay"),
    drift: of("drift"),
    memory: of("memory"),
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
  const figures = figuresOf(results, summary.calibration);
  for (const [name, { svg }] of Object.entries(figures)) await writeFigure(folder, name, svg);
  await writeWhole(join(folder, "report.html"), report(results, figures, summary.calibration));
  await writeJson(folder, "summary.json", summary);
}

type Figures = Readonly<Record<string, { readonly heading: string; readonly svg: string }>>;

function figuresOf(results: readonly ProbeResult[], found: Calibrations | null): Figures {
  const [first] = results;
  const { experiment, phase } = first;
  const caption = `sigma ${digits(firstSigma(experiment))}, data ${experiment.data.name}, seed ${experiment.seed}`;
  const title = `Training with noise injected: ${phase}`;
  const fits = fitsOf(first.timeScales, stepsAnEpoch(first));
  const shownRuns = results.slice(0, 2);
  return {
    training: {
      heading: "Training",
      svg: trainingCurves({ title, caption }, [{ ...runCurves(first), fits }]),
    },
    probe: {
      heading: "Readings and predictions",
      svg: probeCurves(
        {
          title: "What the noise weights read, and what was predicted of them",
          caption: `${settings(results)}; readings with two standard errors`,
        },
        shownRuns.map(({ experiment: own, phase: seen, moments, predictedNorm }) => ({
          heading: `sigma ${digits(firstSigma(own))}, seed ${own.seed}: ${seen}`,
          moments,
          predicted: predictedNorm,
        })),
      ),
    },
    ...(found && {
      calibration: { heading: "Calibration", svg: calibrationFigure(results, found) },
      validity: { heading: "Where the expansion holds", svg: validityFigure(results) },
    }),
  };
}

function settings(results: readonly ProbeResult[]): string {
  const [{ experiment }] = results;
  const { learningRate, batchSize } = experiment.optimizer;
  const seeds = [...new Set(results.map((result) => result.experiment.seed))];
  const runs = results.length === 1 ? "1 run" : `${results.length} runs`;
  return `data ${experiment.data.name}, eta ${learningRate}, batch ${batchSize}, ${runs}, ${seeds.length === 1 ? "seed" : "seeds"} ${seeds.join(", ")}`;
}

function calibrationFigure(results: readonly ProbeResult[], found: Calibrations): string {
  const readings = readingsOf(results);
  return calibrationScatter({
    title: "What the noise weights read, and the curvature measured directly",
    caption: `${settings(results)}; bars: two standard errors`,
    panels: (Object.keys(HEADINGS) as Reading[])
      .filter((name) => found[name].runs >= CALIBRATED)
      .map((name) => ({
        heading: HEADINGS[name],
        points: readings[name],
        calibration: found[name],
      })),
  });
}

/** The first seed's runs, a panel for each distribution of the noise. */
function validityFigure(results: readonly ProbeResult[]): string {
  const [{ experiment }] = results;
  const own = results.filter((result) => result.experiment.seed === experiment.seed);
  const distributions = [...new Set(own.map((result) => result.experiment.noise[0].distribution))];
  return validityMap({
    title: "Where the expansion to second order holds",
    caption: settings(own),
    panels: distributions.map((distribution) => ({
      heading: `${distribution} noise`,
      cells: own
        .filter(({ experiment: { noise } }) => noise[0].distribution === distribution)
        .flatMap(({ experiment: { noise }, moments }) =>
          moments.flatMap(({ epoch, expansion }) =>
            expansion ? [{ sigma: noise[0].sigma, epoch, error: expansion.secondError }] : [],
          ),
        ),
    })),
  });
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
      { heading: `${named(result)}: predicted`, table: predictionTable(result.prediction) },
      { heading: `${named(result)}: time scales`, table: timeScaleTable(result) },
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

/** What a terminal says of one run. */
export function describedProbe(result: ProbeResult): string {
  const { dataset, phase, evidence, timing } = result;
  const predictions = predictionTable(result.prediction);
  const { head, rows } = comparisonTable(result.comparisons);
  const scales = timeScaleTable(result);
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

function timeScaleTable({ timeScales }: ProbeResult): PageTable {
  const { passages } = timeScales;
  const row = (name: string, { tau, interval, refused }: TimeScale, passage: number | null) => [
    name,
    digits(tau),
    interval ? `${digits(interval[0])} to ${digits(interval[1])}` : (refused ?? "-"),
    digits(passage),
  ];
  return {
    head: ["time scale, in steps", "fit", "95 %", "first passage"],
    rows: [
      row("noise weights", timeScales.niw, passages.niw),
      row("their memory of the start", timeScales.memory, passages.memory),
      row("training loss", timeScales.loss, passages.loss),
      row("unperturbed loss", timeScales.unperturbedLoss, passages.unperturbedLoss),
      row("test loss", timeScales.testLoss, passages.testLoss),
    ],
  };
}

function wrapped(text: string): string {
  return text.replace(/(.{30,48}) /g, "$1\n");
}

export function calibrationTable(calibration: Calibrations): PageTable {
  return {
    head: ["reading", "points", "slope", "R²", "bias"],
    rows: (Object.keys(HEADINGS) as Reading[]).map((name) => {
      const { runs, slope, slopeError, rSquared, bias, biasError } = calibration[name];
      return [
        HEADINGS[name],
        String(runs),
        `${digits(slope)} ± ${digits(slopeError)}`,
        digits(rSquared),
        `${digits(100 * bias)} ± ${digits(100 * biasError)} %`,
      ];
    }),
  };
}
