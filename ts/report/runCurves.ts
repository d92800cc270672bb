import type { TimeScale } from "../analysis/timeScale.js";
import { firstSigma } from "../experiment/sweep.js";
import type { TimeScales } from "../probe/probeResult.js";
import type { RunResult } from "../train/experimentRun.js";
import type { CurveFit } from "./curvePanel.js";
import type { RunCurves } from "./curves.js";
import type { DoseCurves } from "./doseCurves.js";

/** The curves of a run that figures show, against epochs. */
export function runCurves({
  experiment,
  phase,
  trajectory,
}: Pick<RunResult, "experiment" | "phase" | "trajectory">): RunCurves {
  const { steps, evaluations } = trajectory;
  const stepsPerEpoch = stepsAnEpoch({ trajectory });
  const epochs = steps.step.map((step) => step / stepsPerEpoch);
  const hasTest = evaluations.testLoss.some((value) => !Number.isNaN(value));
  const evaluated = (label: string, y: Float64Array) => ({ label, x: evaluations.epoch, y });
  return {
    phase,
    sigma: firstSigma(experiment),
    loss: { label: "training, with noise", x: epochs, y: steps.loss },
    unperturbedLoss: evaluated("training, without", evaluations.unperturbedLoss),
    testLoss: evaluated("test, without", hasTest ? evaluations.testLoss : new Float64Array(0)),
    niwNorm: { label: "|W_NI|", x: epochs, y: steps.niwNorm },
    ...(steps.memory.length > 0 && {
      memory: { label: "memory", x: epochs, y: steps.memory },
    }),
  };
}

/** The dose of a run against epochs, for its figure. */
export function doseOfRun({
  experiment,
  phase,
  trajectory,
}: Pick<RunResult, "experiment" | "phase" | "trajectory">): DoseCurves {
  const { step, dosePaid, doseBudget } = trajectory.steps;
  const x = step.map((one) => one / stepsAnEpoch({ trajectory }));
  return {
    ...{ phase, sigma: firstSigma(experiment) },
    paid: { label: "paid", x, y: dosePaid },
    budget: { label: "budget", x, y: doseBudget },
  };
}

/** Fits of a run's time scales, converted from steps to epochs of `unit` steps; a curve without a fit is left out. */
export function fitsOf({ niw, memory, loss, testLoss }: TimeScales, unit: number): CurveFit[] {
  const inEpochs = (curve: CurveFit["curve"], scale: TimeScale): CurveFit[] => {
    const { tau, amplitude, offset, window } = scale;
    if (tau === null) return [];
    const epochs = [window[0] / unit, window[1] / unit] as const;
    return [{ curve, tau: tau / unit, amplitude, offset, window: epochs }];
  };
  return [
    ...inEpochs("niwNorm", niw),
    ...inEpochs("memory", memory),
    ...inEpochs("loss", loss),
    ...inEpochs("testLoss", testLoss),
  ];
}

export function stepsAnEpoch({ trajectory }: Pick<RunResult, "trajectory">): number {
  const { step, epoch } = trajectory.evaluations;
  return step[step.length - 1] / epoch[epoch.length - 1];
}
