import { largest } from "../analysis/extremes.js";
import { PHASES, type Phase } from "../analysis/phase.js";
import type { FigureOne, FigureRun, Mode } from "../paper/figureOne.js";
import type { ValidityCell } from "../probe/expansionValidity.js";
import { trainingCurves } from "../report/curves.js";
import { phaseMap } from "../report/phaseMap.js";
import { probeCurves } from "../report/probeCurves.js";
import { fitsOf, runCurves, stepsAnEpoch } from "../report/runCurves.js";
import { type ScalePoint, timeScales } from "../report/timeScales.js";
import { validityMap } from "../report/validityMap.js";
import { digits } from "./terminal.js";

/** The figures of the reproduction that show its networks, by name. */
export function figureOneFigures(
  found: FigureOne,
  cells: readonly ValidityCell[],
): Record<string, string> {
  const { runs, boundaries, forecast } = found;
  const caption = captionOf(found);
  const boundary = (mode: Mode, name: "decay" | "catapult" | "divergent") => ({
    predicted: forecast?.[name]?.value ?? null,
    measured: boundaries[mode][name].measured,
  });
  const marks = predictedMarks(found);
  return {
    ...centre(found, caption),
    "time-scales": timeScales({
      title: "Decay times against the strength of the noise",
      caption: `${caption}; bars: 95 % of the fit, medians over seeds; dashed: predicted boundaries`,
      panels: (["fresh", "fixed"] as const).map((mode) => ({
        heading: `${mode} noise`,
        points: scalePoints(found, mode),
        phases: phasesOf(runs.filter((run) => run.mode === mode)),
      })),
      predicted: marks,
      end: largest(runs.map((run) => lastOf(run.trajectory.evaluations.epoch))),
    }),
    phases: phaseMap({
      title: "Phases against the strength of the noise",
      caption,
      panels: (["fresh", "fixed"] as const).map((mode) => ({
        heading: `${mode} noise`,
        runs: runs.filter((run) => run.mode === mode),
        boundaries: {
          decay: boundary(mode, "decay"),
          catapult: boundary(mode, "catapult"),
          divergent: boundary(mode, "divergent"),
        },
      })),
    }),
    probe: probeCurves(
      {
        title: "What the noise weights read, and what was predicted of them",
        caption: `${captionOf(found)}; readings with two standard errors`,
      },
      found.probes.map(({ experiment, phase, moments, predictedNorm }) => ({
        heading: `sigma ${digits(experiment.noise[0].sigma)}: ${phase}`,
        moments,
        predicted: predictedNorm,
      })),
    ),
    validity: validityMap({
      title: "Where the expansion to second order holds",
      caption: `${caption.replace(/seeds .*/, `seed ${runs[0].seed}`)}, fresh noise`,
      panels: [...new Set(cells.map(({ distribution }) => distribution))].map((distribution) => ({
        heading: `${distribution} noise`,
        cells: cells.filter((cell) => cell.distribution === distribution),
      })),
    }),
  };
}

/** The networks and their training, in one line. */
export function captionOf({ input, runs }: FigureOne): string {
  const seeds = [...new Set(runs.map(({ seed }) => seed))];
  const layers = input.network?.layers?.join("-");
  const train = (input.data as { train?: number }).train;
  return `ReLU, ${layers}, Fashion-MNIST (${train} samples), cross-entropy, eta ${input.optimizer?.learningRate}, batch ${input.optimizer?.batchSize}, seeds ${seeds[0]} to ${seeds[seeds.length - 1]}`;
}

/** The boundaries that short runs forecast. */
function predictedMarks({ forecast }: FigureOne) {
  const names = { decay: "decay", catapult: "catapult", divergent: "divergence" } as const;
  return Object.entries(names).flatMap(([key, name]) => {
    const at = forecast?.[key as keyof typeof names];
    return at ? [{ name: `forecast ${name}`, sigma: at.value }] : [];
  });
}

/** The run with fresh noise in the middle of the decay phase, and the same run with fixed noise. */
function centre({ runs, input }: FigureOne, caption: string): Record<string, string> {
  const decaying = runs.filter(({ mode, phase }) => mode === "fresh" && phase === "decay");
  const middle = decaying[Math.floor(decaying.length / 2)];
  if (!middle) return {};
  const shown = runs
    .filter(({ sigma, seed }) => sigma === middle.sigma && seed === middle.seed)
    .map((run) => {
      const experiment = { noise: [{ sigma: run.sigma }] } as never;
      const fits = fitsOf(run.timeScales, stepsAnEpoch(run));
      return { ...runCurves({ ...run, experiment }), note: `${run.mode} noise`, fits };
    })
    .sort((a, b) => b.note.localeCompare(a.note));
  const title = `Noise weights, training and test loss: ${input.epochs} epochs`;
  return { training: trainingCurves({ title, caption }, shown) };
}

function scalePoints({ runs }: FigureOne, mode: string): ScalePoint[] {
  // A loss that falls for some steps before it diverges has no decay time.
  const own = runs.filter((run) => run.mode === mode && run.phase !== "divergent");
  const sigmas = [...new Set(own.map(({ sigma }) => sigma))];
  const curves = { niwNorm: "niw", loss: "loss", testLoss: "testLoss" } as const;
  return sigmas.flatMap((sigma) =>
    Object.entries(curves).flatMap(([curve, key]) => {
      const known = own
        .filter((run) => run.sigma === sigma)
        .flatMap((run) => {
          const { tau, interval } = run.timeScales[key];
          const unit = stepsAnEpoch(run);
          return tau === null || !interval
            ? []
            : [{ tau: tau / unit, interval: interval.map((x) => x / unit) as [number, number] }];
        })
        .sort((a, b) => a.tau - b.tau);
      const some = known[Math.floor(known.length / 2)];
      return some ? [{ curve: curve as ScalePoint["curve"], sigma, ...some }] : [];
    }),
  );
}

function phasesOf(runs: readonly FigureRun[]) {
  const sigmas = [...new Set(runs.map(({ sigma }) => sigma))];
  return sigmas.map((sigma) => {
    const here = runs.filter((run) => run.sigma === sigma);
    const count = (phase: Phase) => here.filter((run) => run.phase === phase).length;
    const all: Phase[] = [...PHASES, "unclassified"];
    return { sigma, phase: all.reduce((a, b) => (count(b) > count(a) ? b : a)) };
  });
}

function lastOf(values: Float64Array): number {
  return values[values.length - 1];
}
