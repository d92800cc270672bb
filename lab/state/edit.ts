import { parseExperiment } from "../../ts/experiment/parse.js";
import { withField } from "../../ts/experiment/paths.js";
import type { Experiment } from "../../ts/experiment/schema.js";
import { checkForPage } from "./pageLimits.js";
import { scheduleOf } from "./scheduleControls.js";

/** A run is as long as its steps say, or its epochs: not both. */
const INSTEAD_OF: Readonly<Record<string, string>> = { steps: "epochs", epochs: "steps" };

/**
 * The experiment with one field changed; undefined leaves it out. Other data take their own default fields, with as many
 * samples as before.
 * @throws InputError if the value is not right for the field, or the run too large for a page.
 */
export function edited(experiment: Experiment, field: string, value: unknown): Experiment {
  const { train, test } = experiment.data;
  if (field === "data.name") {
    const network = { ...experiment.network, loss: undefined };
    return checked({ ...experiment, data: { name: value, train, test }, network });
  }
  // Another schedule has other fields.
  const schedule = /^noise\.\d+\.schedule(?=\.kind$)/.exec(field)?.[0];
  const changed = withField(
    experiment,
    schedule ?? field,
    schedule ? scheduleOf(value) : value,
  ) as object;
  const other = INSTEAD_OF[field];
  return checked(other && value !== undefined ? { ...changed, [other]: undefined } : changed);
}

/**
 * A parsed experiment that a page can train.
 * @throws InputError that names the field.
 */
export function checked(input: unknown): Experiment {
  // The schema has no field whose value is undefined.
  const parsed = parseExperiment(JSON.parse(JSON.stringify(input)));
  checkForPage(parsed);
  return parsed;
}

/** The experiment with another `sigma` in all its noise groups. */
export function withSigma(experiment: Experiment, sigma: number): Experiment {
  const noise = experiment.noise.map((group) => ({ ...group, sigma }));
  return { ...experiment, noise };
}
