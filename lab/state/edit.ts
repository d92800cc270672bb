import { parseExperiment } from "../../ts/experiment/parse.js";
import { withField } from "../../ts/experiment/paths.js";
import type { Experiment } from "../../ts/experiment/schema.js";
import { checkForPage } from "./pageLimits.js";

/**
 * The experiment with one field changed. Other data take their own default fields, with as many samples as before.
 * @throws InputError if the value is not right for the field, or the run too large for a page.
 */
export function edited(experiment: Experiment, field: string, value: unknown): Experiment {
  const { train, test } = experiment.data;
  const changed =
    field === "data.name"
      ? {
          ...experiment,
          data: { name: value, train, test },
          network: { ...experiment.network, loss: undefined },
        }
      : withField(experiment, field, value);
  // A run is as long as its steps say, or its epochs: not both.
  const input = field === "steps" ? { ...(changed as object), epochs: undefined } : changed;
  const parsed = parseExperiment(withoutUndefined(input));
  checkForPage(parsed);
  return parsed;
}

/** The experiment with another `sigma` in all its noise groups. */
export function withSigma(experiment: Experiment, sigma: number): Experiment {
  const noise = experiment.noise.map((group) => ({ ...group, sigma }));
  return { ...experiment, noise };
}

/** The schema has no field whose value is undefined. */
function withoutUndefined(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
