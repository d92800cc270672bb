import { type Command, InvalidArgumentError } from "commander";
import { type Calibration, calibrate } from "../../analysis/calibration.js";
import type { Estimate } from "../../analysis/estimate.js";
import type { TimeScale } from "../../analysis/timeScale.js";
import { firstSigma, sweepRuns } from "../../experiment/sweep.js";
import { loadKernels } from "../../kernels/kernels.js";
import { calibrationScatter, type ReadPoint } from "../../report/calibration.js";
import { trainingCurves } from "../../report/curves.js";
import { validityMap } from "../../report/validityMap.js";
import { openFolder, writeFigure, writeJson, writeTrajectories } from "../../run/node/results.js";
import { probe } from "../../run/probe.js";
import type { Comparison, ProbeResult } from "../../run/probeResult.js";
import type { Interrupt } from "../interrupt.js";
import { type LookOnOptions, lookOn } from "../lookOn.js";
import { dataFiles, readConfig, voiceOf, withRun } from "../options.js";
import { runCurves } from "../runCurves.js";
import { digits, Progress, phaseName, table } from "../terminal.js";

interface ProbeCommandOptions extends LookOnOptions {
  readonly bystander?: boolean;
}

/** Readings over fewer runs are no calibration. */
const CALIBRATED = 3;

export function probeCommand(program: Command, interrupt: Interrupt): void {
  withRun(program.command("probe"))
    .argument(
      "[config]",
      "JSON file of an experiment or a sweep; without one, a small run on built-in data",
    )
    .option("--samples <n>", "training samples that the curvature is taken over (1000)", count)
    .option("--moments <n>", "how often the run is looked at, besides its first steps (40)", count)
    .option("--repeats <n>", "antithetic passes at each moment (4)", count)
    .option("--bystander", "attach nodes that look on, to an experiment without noise")
    .option("--precision <p>", "a bystander's wanted relative error (0.1)", fraction)
    .option("--layer <l>", "a bystander's weight layer, from 0", layer)
    .description(
      "train, and set what the noise weights read beside the curvature and what it predicts",
    )
    .addHelpText(
      "after",
      `
Examples:
  $ ninscope probe --set noise.0.sigma=5
  $ ninscope probe experiment.json --samples 2000 --out results/probe
  $ ninscope probe sweep.json --moments 4 --json | jq .calibration
  $ ninscope probe plain.json --bystander --precision 0.05 --out results/curvature`,
    )
    .action(async (config: string | undefined, options: ProbeCommandOptions) => {
      const voice = voiceOf(options);
      const given = await readConfig(config, options.set);
      if (options.bystander) return lookOn(given, options, voice, interrupt);
      const runs = sweepRuns(given);
      if (options.out) await openFolder(options.out);
      const kernels = await loadKernels({ fast: options.fast });
      const progress = new Progress("probe", voice);
      const results: ProbeResult[] = [];
      try {
        for (const { experiment } of runs) {
          results.push(
            await probe(experiment, {
              kernels,
              backend: options.backend,
              samples: options.samples,
              moments: options.moments,
              repeats: options.repeats,
              files: dataFiles(voice, interrupt.signal),
              signal: interrupt.signal,
              onProgress: (step, steps) =>
                progress.update(
                  (results.length + step / steps) / runs.length,
                  `run ${results.length + 1} of ${runs.length}`,
                ),
            }),
          );
        }
      } finally {
        progress.stop();
      }
      const summary = {
        runs: results.map((result, i) => ({ ...runs[i].fields, ...summaryOf(result) })),
        calibration: results.length >= CALIBRATED ? calibrations(readingsOf(results)) : null,
      };
      if (options.out) await write(options.out, results, summary);
      process.stdout.write(
        voice.json
          ? `${JSON.stringify(summary)}\n`
          : `${[...results.map(described), calibrationTable(summary.calibration)].join("\n\n").trimEnd()}\n`,
      );
    });
}

function fraction(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError("takes a number between 0 and 1");
  return value;
}

function layer(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) {
    throw new InvalidArgumentError("takes the number of a weight layer, from 0");
  }
  return value;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError("takes an integer of at least 1");
  }
  return value;
}

/** The command line's JSON of one run. */
function summaryOf({
  backend,
  phase,
  evidence,
  final,
  timing,
  prediction,
  predictedNorm,
  timeScales,
  comparisons,
  moments,
}: ProbeResult) {
  const path = predictedNorm && {
    norm: [...predictedNorm.norm],
    deviation: [...predictedNorm.deviation],
  };
  return {
    backend: backend.name,
    phase,
    evidence,
    final,
    timing,
    prediction,
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
} as const;

type Calibrations = Readonly<Record<keyof typeof HEADINGS, Calibration>>;

type Readings = Readonly<Record<keyof Calibrations, readonly ReadPoint[]>>;

/** Readings beside the smoothed curvature: antithetic at both ends of each run, the others one a run. */
function readingsOf(results: readonly ProbeResult[]): Readings {
  const ends = results.flatMap(({ moments }) => [moments[0], moments[moments.length - 1]]);
  return {
    antithetic: ends.map(({ smoothed, antithetic: { value, error } }) => ({
      direct: smoothed,
      reading: value,
      error,
    })),
    step: results.map(({ comparisons }) => readPoint(comparisons, /by step/)),
    decay: results.map(({ comparisons }) => readPoint(comparisons, /by decay,/)),
    drift: results.map(({ comparisons }) => readPoint(comparisons, /by decay and diffusion/)),
  };
}

function calibrations(readings: Readings): Calibrations {
  const of = (points: readonly ReadPoint[]) =>
    calibrate(
      points.map(({ direct }) => direct),
      points.map(({ reading }) => reading),
    );
  return {
    antithetic: of(readings.antithetic),
    step: of(readings.step),
    decay: of(readings.decay),
    drift: of(readings.drift),
  };
}

function readPoint(comparisons: readonly Comparison[], what: RegExp): ReadPoint {
  const found = comparisons.find((comparison) => what.test(comparison.what));
  const [direct, reading] = [found?.predicted as Estimate, found?.measured as Estimate];
  return { direct: direct?.value, reading: reading?.value, error: reading?.error };
}

async function write(
  folder: string,
  results: readonly ProbeResult[],
  summary: { readonly calibration: Calibrations | null },
) {
  await writeJson(
    folder,
    "experiment.json",
    results.map(({ experiment }) => experiment),
  );
  const recorded = results.map(({ trajectory }) => ({ trajectory: async () => trajectory }));
  await writeTrajectories(folder, recorded, {});
  const [{ experiment, phase }] = results;
  const frame = {
    title: `Training with noise injected: ${phase}`,
    caption: `sigma ${firstSigma(experiment)}, data ${experiment.data.name}, seed ${experiment.seed}`,
  };
  await writeFigure(folder, "training", trainingCurves(frame, results.slice(0, 1).map(runCurves)));
  if (summary.calibration) {
    await writeFigure(folder, "calibration", calibrationFigure(results, summary.calibration));
    await writeFigure(folder, "validity", validityFigure(results));
  }
  await writeJson(folder, "summary.json", summary);
}

function settings(results: readonly ProbeResult[]): string {
  const [{ experiment }] = results;
  const { learningRate, batchSize } = experiment.optimizer;
  return `data ${experiment.data.name}, eta ${learningRate}, batch ${batchSize}, ${results.length} runs`;
}

function calibrationFigure(results: readonly ProbeResult[], found: Calibrations): string {
  const readings = readingsOf(results);
  return calibrationScatter({
    title: "What the noise weights read, and the curvature measured directly",
    caption: `${settings(results)}; bars: two standard errors`,
    panels: (Object.keys(HEADINGS) as (keyof typeof HEADINGS)[])
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
    caption: `${settings(results)}, seed ${experiment.seed}`,
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

function described(result: ProbeResult): string {
  const { experiment, phase, evidence, comparisons, timeScales, timing } = result;
  const { passages } = timeScales;
  const scale = (name: string, { tau, interval, refused }: TimeScale, passage: number | null) => [
    name,
    tau === null ? "-" : digits(tau),
    interval ? `${digits(interval[0])} to ${digits(interval[1])}` : (refused ?? "-"),
    digits(passage),
  ];
  return [
    `sigma ${firstSigma(experiment)}, seed ${experiment.seed}: ${phaseName(phase)} (${evidence.reason})`,
    table(
      ["", "predicted, or direct", "measured, or read", "verdict"],
      comparisons.map(({ what, predicted, measured, verdict }) => [
        wrapped(what),
        shown(predicted),
        shown(measured),
        verdict,
      ]),
    ),
    table(
      ["time scale, in steps", "fit", "95 %", "first passage"],
      [
        scale("noise weights", timeScales.niw, passages.niw),
        scale("training loss", timeScales.loss, passages.loss),
        scale("unperturbed loss", timeScales.unperturbedLoss, passages.unperturbedLoss),
        scale("test loss", timeScales.testLoss, passages.testLoss),
      ],
    ),
    `${timing.steps} steps`,
  ].join("\n");
}

function shown(value: Comparison["predicted"]): string {
  if (value === null) return "none";
  if (typeof value === "string") return value;
  return value.error > 0 ? `${digits(value.value)} +- ${digits(value.error)}` : digits(value.value);
}

function wrapped(text: string): string {
  return text.replace(/(.{30,48}) /g, "$1\n");
}

function calibrationTable(calibration: Calibrations | null): string {
  if (!calibration) return "";
  const rows = Object.entries(calibration).map(([name, c]) => [
    name,
    String(c.runs),
    `${digits(c.slope)} +- ${digits(c.slopeError)}`,
    digits(c.rSquared),
    `${digits(100 * c.bias)} +- ${digits(100 * c.biasError)} %`,
  ]);
  return table(["reading", "points", "slope", "R^2", "bias"], rows);
}
