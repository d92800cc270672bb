import { InputError } from "../../ts/errors/errors.js";
import type { Experiment } from "../../ts/experiment/schema.js";

/** What a page can do while somebody watches. The command line has no such limits. */
export const PAGE_LIMITS = { updates: 20_000, numbers: 4e6, products: 4e11 } as const;

/** The data sets that the page can generate. */
export const GENERATED = ["gaussian-mixture", "spiral", "teacher", "linear-regression"] as const;

/** Number of updates of a run whose data are generated. */
export function updatesOf({ data, optimizer, epochs, steps }: Experiment): number {
  const rows = data.train ?? 1;
  const batch = optimizer.batchSize === "full" ? rows : optimizer.batchSize;
  return steps ?? (epochs ?? 0) * Math.floor(rows / batch);
}

/**
 * Refuses an experiment that is right but too large for a page, or that needs files.
 * @throws InputError that names the field.
 */
export function checkForPage(experiment: Experiment): void {
  const { data, network, optimizer, noise, record } = experiment;
  if (!(GENERATED as readonly string[]).includes(data.name)) {
    refuse(
      "data.name",
      `"${data.name}"`,
      `one of ${GENERATED.join(", ")}; for files, use the command line`,
    );
  }
  const updates = updatesOf(experiment);
  const field = experiment.steps === undefined ? "epochs" : "steps";
  if (updates > PAGE_LIMITS.updates) {
    refuse(field, experiment[field], `at most ${PAGE_LIMITS.updates} updates on a page`);
  }
  const [inputs, outputs] = sidesOf(data);
  const widths = [inputs, ...network.layers, outputs];
  const weights = widths.slice(1).reduce((sum, width, l) => sum + width * widths[l], 0);
  if (weights > PAGE_LIMITS.numbers) {
    refuse(
      "network.layers",
      `[${network.layers}]`,
      `at most ${PAGE_LIMITS.numbers} weights on a page`,
    );
  }
  const rows = (data.train ?? 1) + (data.test ?? 0);
  const widest = Math.max(...widths, ...noise.map(({ nodes }) => nodes));
  if (rows * widest > 5 * PAGE_LIMITS.numbers) {
    refuse(
      "data.train",
      data.train,
      `at most ${5 * PAGE_LIMITS.numbers} numbers in the widest layer on a page`,
    );
  }
  const batch = optimizer.batchSize === "full" ? (data.train ?? 1) : optimizer.batchSize;
  const evaluations =
    updates / Math.max(1, Math.floor((data.train ?? 1) / batch)) / record.evaluateEvery + 2;
  const products = 3 * weights * (updates * batch + (evaluations * rows) / 3);
  if (products > PAGE_LIMITS.products) {
    refuse(
      field,
      experiment[field],
      `a run of at most ${PAGE_LIMITS.products} multiplications on a page`,
    );
  }
}

function sidesOf(data: Experiment["data"]): [number, number] {
  if (data.name === "spiral") return [2, data.classes];
  if (data.name === "gaussian-mixture") return [data.inputs, data.classes];
  if (data.name === "teacher") return [data.inputs, data.outputs];
  return [data.name === "linear-regression" ? data.inputs : 1, 1];
}

function refuse(field: string, value: unknown, takes: string): never {
  throw new InputError(field, `${field} is ${value}: takes ${takes}`);
}
