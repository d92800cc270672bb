import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Experiment } from "../../../ts/experiment/schema.js";
import type { PredictedCurves } from "../../maths/predicted/predictedCurves.js";
import { withSigma } from "../../state/edit.js";
import type { PredictedStrip } from "../../worker/lab-worker.js";
import { helpers, hidden, told } from "../session.js";

/** Milliseconds that a slider must rest before a forecast, or predicted curves, are made. */
const REST = { forecast: 350, curves: 120 };

/** Where the phases change, for the experiment on show; null: not known yet. */
export const strip = signal<PredictedStrip | null>(null);
/** What theory expects of the run on show; null: nothing, or not known yet. */
export const expected = signal<PredictedCurves | null>(null);

/** What the signals hold, or are being asked for. */
let stripOf: string | null = null;
let expectedOf: string | null = null;

/** Keeps both signals in step with the experiment on show. */
export function useForetold(experiment: Experiment): void {
  const isHidden = hidden.value;
  const helper = helpers[helpers.length - 1];
  const others = JSON.stringify(withSigma(experiment, 1));
  useEffect(() => {
    if (stripOf === others || experiment.noise.length === 0 || isHidden) return;
    strip.value = null;
    const timer = setTimeout(() => {
      stripOf = others;
      helper.forecast(withSigma(experiment, 1)).then((found) => {
        if (stripOf === others) strip.value = found;
      }, told);
    }, REST.forecast);
    return () => clearTimeout(timer);
  }, [others, isHidden]);
  const key = JSON.stringify(experiment);
  useEffect(() => {
    if (expectedOf === key || isHidden) return;
    expected.value = null;
    const timer = setTimeout(() => {
      expectedOf = key;
      helper.predicted(experiment).then((found) => {
        if (expectedOf === key) expected.value = found;
      }, told);
    }, REST.curves);
    return () => clearTimeout(timer);
  }, [key, isHidden]);
}
