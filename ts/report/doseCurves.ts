import type { Phase } from "../analysis/phase.js";
import { type Curve, curvePanel, logDomain } from "./curvePanel.js";
import { CURVE_COLOURS } from "./palette.js";
import { type Frame, figure } from "./svg.js";

/** The dose of one run against epochs. */
export interface DoseCurves {
  readonly phase: Phase;
  readonly sigma: number;
  readonly paid: Curve;
  readonly budget: Curve;
}

/** The dose paid and its budget against epochs (theory, section 5): one panel for each strength of the noise, on one scale. */
export function doseCurves(frame: Frame, runs: readonly DoseCurves[]): string {
  const domain = logDomain(runs.flatMap(({ paid, budget }) => [paid, budget]));
  return figure(frame, [
    runs.map((run, i) =>
      curvePanel([run.budget, run.paid], {
        ...{ width: runs.length > 2 ? 260 : 420, height: 290, label: "dose", domain },
        colours: {
          [run.paid.label]: CURVE_COLOURS.loss,
          [run.budget.label]: CURVE_COLOURS.unperturbedLoss,
        },
        ...{ heading: run, keyed: i === 0, xLabel: "epoch" },
      }),
    ),
  ]);
}
