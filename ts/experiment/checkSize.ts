import type { DataSpec } from "../data/specs.js";
import { InputError, shown } from "../errors/errors.js";
import type { Experiment } from "./schema.js";

/** Numbers in one matrix: 1 GiB of float32, a quarter of what a WASM machine can address. */
const MOST_NUMBERS = 2 ** 28;

/**
 * Refuses an experiment whose matrices no machine could hold, as far as its text alone tells; how many samples
 * can be made is for their generator to say.
 * @throws InputError naming the field that makes one too large.
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

/** Numbers a sample; 1 where only a file can tell. */
function inputWidth(data: DataSpec): number {
  if (data.name === "spiral") return 2;
  return "inputs" in data && typeof data.inputs === "number" ? data.inputs : 1;
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
    `${field} is ${value}: makes a matrix of ${numbers} numbers, takes ${MOST_NUMBERS} at most`,
  );
}
