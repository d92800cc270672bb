import { signal } from "@preact/signals";
import type { Experiment } from "../../ts/experiment/schema.js";
import { withSigma } from "../state/edit.js";
import type { PredictedStrip } from "../worker/lab-worker.js";
import { HELPERS, helper } from "./workers.js";

/** Where the phases change, for the experiment on show; null: not known yet. */
export const strip = signal<PredictedStrip | null>(null);

/** What the signal holds, or is being asked for. */
let key: string | null = null;

/** Whether the signal is that of another experiment. `sigma` does not matter to it. */
export function isOther(experiment: Experiment): boolean {
  return JSON.stringify(withSigma(experiment, 1)) !== key;
}

/** Forecasts where the phases change, unless that is known or under way. */
export function forecastStrip(experiment: Experiment, failed: (error: unknown) => void): void {
  if (!isOther(experiment)) return;
  const asked = withSigma(experiment, 1);
  const own = JSON.stringify(asked);
  key = own;
  strip.value = null;
  helper(HELPERS - 1)
    .forecast(asked)
    .then((found) => {
      if (key === own) strip.value = found;
    }, failed);
}
