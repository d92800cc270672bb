import { firstSigma } from "../experiment/sweep.js";
import type { RunCurves } from "../report/curves.js";
import type { RunResult } from "../run/experimentRun.js";

/** The curves of a run that figures show, against epochs. */
export function runCurves({
  experiment,
  phase,
  trajectory,
}: Pick<RunResult, "experiment" | "phase" | "trajectory">): RunCurves {
  const { steps, evaluations } = trajectory;
  const last = evaluations.step.length - 1;
  const stepsPerEpoch = evaluations.step[last] / evaluations.epoch[last];
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
  };
}
