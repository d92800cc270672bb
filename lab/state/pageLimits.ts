import { InputError } from "../../ts/errors/errors.js";
import type { Experiment } from "../../ts/experiment/schema.js";

/** What a page can do while somebody watches. The command line has no such limits. */
export const PAGE_LIMITS = { updates: 20_000, numbers: 4e6, products: 4e11 } as const;

/** The data sets that the page can generate. */
export const GENERATED = ["gaussian-mixture", "spiral", "teacher", "linear-regression"] as const;
/** What is assumed of files that do not say: as many as the usual sets of images have. */
const OF_FILES = { rows: 60_000, inputs: 784, outputs: 10 } as const;

/** Whether an experiment's data lie in files. */
export function fromFiles({ data }: Experiment): boolean {
  return !(GENERATED as readonly string[]).includes(data.name);
}

function rowsOf(experiment: Experiment): number {
  return experiment.data.train ?? (fromFiles(experiment) ? OF_FILES.rows : 1);
}

/** Number of updates of a run. */
export function updatesOf(experiment: Experiment): number {
  const { optimizer, epochs, steps } = experiment;
  const rows = rowsOf(experiment);
  const batch = optimizer.batchSize === "full" ? rows : optimizer.batchSize;
  return steps ?? (epochs ?? 0) * Math.floor(rows / batch);
}

/**
 * Refuses an experiment that is right but too large for a page.
 * @throws InputError that names the field.
 */
export function checkForPage(experiment: Experiment): void {
  const { data, network, optimizer, noise, record } = experiment;
  const updates = updatesOf(experiment);
  const field = experiment.steps === undefined ? "epochs" : "steps";
  if (updates > PAGE_LIMITS.updates) {
    refuse(field, experiment[field], `at most ${PAGE_LIMITS.updates} updates on a page`);
  }
  const trained = rowsOf(experiment);
  const [inputs, outputs] = sidesOf(experiment);
  const widths = [inputs, ...network.layers, outputs];
  const weights = widths.slice(1).reduce((sum, width, l) => sum + width * widths[l], 0);
  if (weights > PAGE_LIMITS.numbers) {
    refuse(
      "network.layers",
      `[${network.layers}]`,
      `at most ${PAGE_LIMITS.numbers} weights on a page`,
    );
  }
  const rows = trained + (data.test ?? 0);
  const widest = Math.max(...widths, ...noise.map(({ nodes }) => nodes));
  if (rows * widest > 5 * PAGE_LIMITS.numbers) {
    refuse(
      "data.train",
      data.train,
      `at most ${5 * PAGE_LIMITS.numbers} numbers in the widest layer on a page`,
    );
  }
  const batch = optimizer.batchSize === "full" ? trained : optimizer.batchSize;
  const evaluations = updates / Math.max(1, Math.floor(trained / batch)) / record.evaluateEvery + 2;
  const products = 3 * weights * (updates * batch + (evaluations * rows) / 3);
  if (products > PAGE_LIMITS.products) {
    refuse(
      field,
      experiment[field],
      `a run of at most ${PAGE_LIMITS.products} multiplications on a page`,
    );
  }
}

function sidesOf(experiment: Experiment): [number, number] {
  const { data, network } = experiment;
  if (fromFiles(experiment)) {
    return [network.inputs ?? OF_FILES.inputs, network.outputs ?? OF_FILES.outputs];
  }
  if (data.name === "spiral") return [2, data.classes];
  if (data.name === "gaussian-mixture") return [data.inputs, data.classes];
  if (data.name === "teacher") return [data.inputs, data.outputs];
  return [data.name === "linear-regression" ? data.inputs : 1, 1];
}

function refuse(field: string, value: unknown, takes: string): never {
  throw new InputError(field, `${field} is ${value}: takes ${takes}`);
}
