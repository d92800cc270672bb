import { firstSigma } from "../../experiment/sweep.js";
import type { ProbeResult } from "../../probe/probeResult.js";
import { calibrationScatter } from "../../report/calibration.js";
import { trainingCurves } from "../../report/curves.js";
import { probeCurves } from "../../report/probeCurves.js";
import { fitsOf, runCurves, stepsAnEpoch } from "../../report/runCurves.js";
import { validityMap } from "../../report/validityMap.js";
import { digits } from "../terminal.js";
import {
  CALIBRATED,
  type Calibrations,
  HEADINGS,
  type Reading,
  readingsOf,
} from "./calibration.js";

export type Figures = Readonly<Record<string, { readonly heading: string; readonly svg: string }>>;

/** The figures of probed runs, by name, each with its heading in the report. */
export function probeFigures(results: readonly ProbeResult[], found: Calibrations | null): Figures {
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

/** What the runs have in common, in one line. */
export function settings(results: readonly ProbeResult[]): string {
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
