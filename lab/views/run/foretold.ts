import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Experiment } from "../../../ts/experiment/schema.js";
import type { PredictedCurves } from "../../maths/predicted/predictedCurves.js";
import { withSigma } from "../../state/edit.js";
import { forecastStrip, isOther, strip } from "../predictedStrip.js";
import { hidden, told } from "../session.js";
import { HELPERS, helper } from "../workers.js";

/** Milliseconds that a slider must rest before a forecast, or predicted curves, are made. */
const REST = { forecast: 350, curves: 120 };

/** What theory expects of the run on show, or why it expects nothing; null: not known yet. */
export const expected = signal<PredictedCurves | null>(null);

/** What `expected` holds, or is being asked for. */
let expectedOf: string | null = null;

/** Keeps both signals in step with the experiment on show. */
export function useForetold(experiment: Experiment): void {
  const isHidden = hidden.value;
  const others = JSON.stringify(withSigma(experiment, 1));
  useEffect(() => {
    if (!isOther(experiment) || experiment.noise.length === 0 || isHidden) return;
    strip.value = null;
    const timer = setTimeout(() => forecastStrip(experiment, told), REST.forecast);
    return () => clearTimeout(timer);
  }, [others, isHidden]);
  const key = JSON.stringify(experiment);
  useEffect(() => {
    if (expectedOf === key || isHidden) return;
    expected.value = null;
    const timer = setTimeout(() => {
      expectedOf = key;
      helper(HELPERS - 1)
        .predicted(experiment)
        .then((found) => {
          if (expectedOf === key) expected.value = found;
        }, told);
    }, REST.curves);
    return () => clearTimeout(timer);
  }, [key, isHidden]);
}
