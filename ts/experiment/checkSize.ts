import type { Dataset } from "../data/dataset.js";
import type { DataSpec } from "../data/specs.js";
import { InputError, shown } from "../errors/errors.js";
import type { Experiment } from "./schema.js";

/** Largest number of numbers in one matrix: 1 GiB of float32, a quarter of what a WASM machine can address. */
const MOST_NUMBERS = 2 ** 28;

/**
 * Refuses an experiment with matrices that no machine could hold, as far as the experiment alone tells. The generators
 * of data check the number of samples.
 * @throws InputError that names the field which makes a matrix too large.
 */
export function checkSize({ data, network, noise }: Experiment): void {
  const rows = Math.max(data.train ?? 1, data.test ?? 0);
  if (data.name === "gaussian-mixture") {
    refuse("data.classes", data.classes, data.classes * data.inputs);
  }
  if (data.name === "teacher") {
    refuseLayers("data.hidden", [data.inputs, ...data.hidden, data.outputs]);
    refuse("data.hidden", shown(data.hidden), rows * Math.max(1, ...data.hidden));
  }
  refuseLayers("network.layers", [inputWidth(data), ...network.layers]);
  const tallest = Math.max(rows, ...network.layers);
  noise.forEach(({ nodes }, g) => {
    if (nodes > 1) refuse(`noise.${g}.nodes`, nodes, nodes * tallest);
  });
}

/** Numbers per sample; 1 if only a file can tell. */
function inputWidth(data: DataSpec): number {
  if (data.name === "spiral") return 2;
  return "inputs" in data && typeof data.inputs === "number" ? data.inputs : 1;
}

/**
 * Does the same with what only the loaded data tells.
 * @throws InputError that names the field which makes a matrix too large.
 */
export function checkSizeWithData(
  { network, noise, regularization }: Experiment,
  data: Dataset,
): void {
  const { layers } = network;
  const rows = Math.max(data.train.rows, data.test?.rows ?? 0);
  const widths = [data.inputs, ...layers, data.outputs];
  const most = Math.max(...widths.slice(1).map((width, l) => width * widths[l]));
  const between = `${shown(layers)} between ${data.inputs} inputs and ${data.outputs} outputs`;
  refuse("network.layers", between, most);
  if (data.task === "classification" && network.loss === "mse") {
    refuse("network.loss", `"mse" with ${data.outputs} classes`, rows * data.outputs);
  }
  noise.forEach(({ nodes }, g) => {
    refuse(`noise.${g}.nodes`, nodes, nodes * data.train.rows);
  });
  const { dropout = 0, jacobian = 0 } = regularization ?? {};
  const numbers = data.train.rows * Math.max(0, ...layers);
  if (dropout > 0) refuse("regularization.dropout", `${dropout} with ${shown(layers)}`, numbers);
  if (jacobian > 0) refuse("regularization.jacobian", jacobian, data.train.rows * data.outputs);
}

function refuseLayers(field: string, widths: readonly number[]): void {
  for (let l = 1; l < widths.length; l++) {
    refuse(field, shown(widths.slice(1)), widths[l - 1] * widths[l]);
  }
}

function refuse(field: string, value: unknown, numbers: number): void {
  if (numbers <= MOST_NUMBERS) return;
  throw new InputError(
    field,
    `${field} is ${value}: makes a matrix of ${numbers} numbers, takes at most ${MOST_NUMBERS}`,
  );
}
