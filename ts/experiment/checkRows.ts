import { InputError } from "../errors/errors.js";
import type { Experiment } from "./schema.js";

/**
 * Checks what is counted in training samples against how many there are.
 * @throws InputError naming the field that asks for more.
 */
export function checkRows({ optimizer, record }: Experiment, rows: number): void {
  const atMost = `takes at most the number of training samples, ${rows}`;
  if (optimizer.batchSize !== "full" && optimizer.batchSize > rows) {
    throw new InputError(
      "optimizer.batchSize",
      `optimizer.batchSize is ${optimizer.batchSize}: ${atMost}, or "full"`,
    );
  }
  if (record.evaluateSamples !== undefined && record.evaluateSamples > rows) {
    throw new InputError(
      "record.evaluateSamples",
      `record.evaluateSamples is ${record.evaluateSamples}: ${atMost}`,
    );
  }
}
