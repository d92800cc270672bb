import type { Phase } from "../analysis/phase.js";
import { shortNumber } from "./axes.js";
import { type Curve, type CurveFit, curvePanel, logDomain } from "./curvePanel.js";
import { CURVE_COLOURS } from "./palette.js";
import { type Frame, figure } from "./svg.js";

export interface RunCurves {
  readonly phase: Phase;
  readonly sigma: number;
  readonly note?: string;
  readonly loss: Curve;
  readonly unperturbedLoss: Curve;
  readonly testLoss: Curve;
  readonly niwNorm: Curve;
  /** What the noise weights remember of their start. */
  readonly memory?: Curve;
  readonly fits?: readonly CurveFit[];
}

/** Noise weights, training and test loss against epochs: one column of panels a run. */
export function trainingCurves(frame: Frame, runs: readonly RunCurves[]): string {
  const width = runs.length > 2 ? 300 : 420;
  const losses = (run: RunCurves) =>
    [run.loss, run.unperturbedLoss, run.testLoss].filter(({ y }) => y.length > 0);
  const colours: Record<string, string> = {};
  for (const { loss, unperturbedLoss, testLoss, niwNorm, memory } of runs) {
    colours[loss.label] = CURVE_COLOURS.loss;
    colours[unperturbedLoss.label] = CURVE_COLOURS.unperturbedLoss;
    colours[testLoss.label] = CURVE_COLOURS.testLoss;
    colours[niwNorm.label] = CURVE_COLOURS.niwNorm;
    if (memory) colours[memory.label] = CURVE_COLOURS.memory;
  }
  const lossDomain = logDomain(runs.flatMap(losses));
  const weights = ({ niwNorm, memory }: RunCurves) =>
    memory ? [niwNorm, remembered(memory)] : [niwNorm];
  const niwDomain = logDomain(runs.flatMap(weights));
  return figure(frame, [
    runs.map((run, i) =>
      curvePanel(losses(run), {
        width,
        height: 276,
        label: "loss",
        domain: lossDomain,
        colours,
        heading: run,
        keyed: i === 0,
        until: lastOf([...losses(run), run.niwNorm]),
        fits: run.fits?.filter(({ curve }) => !isOfWeights(curve)),
      }),
    ),
    runs.map((run, i) =>
      curvePanel(weights(run), {
        width,
        height: 210,
        label: run.memory
          ? "noise weights: norm, and memory of the start"
          : "norm of the noise weights",
        domain: niwDomain,
        colours,
        xLabel: "epoch",
        keyed: i === 0,
        until: lastOf([...losses(run), run.niwNorm]),
        fits: run.fits?.filter(({ curve }) => isOfWeights(curve)),
      }),
    ),
  ]);
}

/** The last point of the longest curve: the panels of a run share it, though one of its curves may end earlier. */
function lastOf(curves: readonly Curve[]): number {
  return Math.max(0, ...curves.map(({ x }) => x[x.length - 1] ?? 0));
}

/** Below this part of its start a memory is scatter, which would take up most of a logarithmic axis. */
const REMEMBERED = 0.01;

function remembered({ label, x, y }: Curve): Curve {
  const kept = Array.from(y, (_, i) => i).filter((i) => y[i] >= REMEMBERED);
  return { label, x: kept.map((i) => x[i]), y: kept.map((i) => y[i]) };
}

function isOfWeights(curve: CurveFit["curve"]): boolean {
  return curve === "niwNorm" || curve === "memory";
}

export interface LinearCurves {
  readonly phase: Phase;
  readonly sigma: number;
  readonly kappa: number;
  readonly loss: ArrayLike<number>;
  readonly effectiveNiw: ArrayLike<number>;
}

/** Loss and effective noise weight of the linear model against steps: one column of panels a phase. */
export function linearTrajectories(frame: Frame, runs: readonly LinearCurves[]): string {
  const curve = (label: string, y: ArrayLike<number>): Curve => ({
    label,
    x: Array.from(y, (_, t) => t + 1),
    y,
  });
  const colours: Record<string, string> = {
    "|alpha w2.W_NI|": CURVE_COLOURS.niwNorm,
    loss: CURVE_COLOURS.loss,
  };
  const column = (of: (run: LinearCurves) => Curve, label: string, last: boolean) => {
    const domain = logDomain(runs.map(of));
    return runs.map((run) =>
      curvePanel([of(run)], {
        width: 270,
        height: last ? 220 : 266,
        label,
        domain,
        colours,
        logX: true,
        ...(last
          ? { xLabel: "step" }
          : { heading: { ...run, note: `kappa ${shortNumber(run.kappa)}` } }),
      }),
    );
  };
  return figure(frame, [
    column((run) => curve("loss", run.loss), "training loss", false),
    column((run) => curve("|alpha w2.W_NI|", run.effectiveNiw), "effective noise weight", true),
  ]);
}
