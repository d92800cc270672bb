import { InputError, shown } from "../errors/errors.js";
import type { GaugeRecord } from "./record.js";

/** A curvature along the noise weights, `tr(W^T <H> W) / |W|^2`, in units of loss over squared pre-activation. */
export interface CurvatureReading {
  /** The mean over the steps, weighted by `|W|^2`, to which the readings' inverse variance is proportional. */
  readonly value: number;
  /** Its standard error: from the scatter between steps, or within the batches where there are few steps; NaN if unknown. */
  readonly error: number;
  /** Which reading it is. */
  readonly method: "antithetic" | "step";
  /** Steps that it is taken over. */
  readonly steps: number;
}

/** With fewer steps their scatter is more uncertain than that within the batches, whose rows are many. */
const FEW = 30;
/** With fewer steps their scatter tells nothing, not even where nothing else is known. */
const FEWEST = 8;

/**
 * The curvature over the last steps.
 * @param last number of steps; default: all.
 * @throws InputError if there is no record, or `last` is below 1.
 */
export function curvatureOver(
  records: readonly GaugeRecord[],
  last = records.length,
): CurvatureReading {
  if (records.length === 0) throw new InputError("records", "no step was observed so far");
  if (!Number.isSafeInteger(last) || last < 1) {
    throw new InputError("last", `last is ${shown(last)}: takes an integer of at least 1`);
  }
  const some = records.slice(-last).filter(({ norm }) => norm > 0);
  const paired = some.every(({ antithetic }) => Number.isFinite(antithetic));
  const method = paired ? "antithetic" : "step";
  const of = (record: GaugeRecord) =>
    paired
      ? { value: record.antithetic, error: record.antitheticError }
      : { value: record.reading, error: record.readingError };
  let weights = 0;
  let sum = 0;
  for (const record of some) {
    weights += record.norm ** 2;
    sum += record.norm ** 2 * of(record).value;
  }
  const value = sum / weights;
  const n = some.length;
  const within = some.every((record) => Number.isFinite(of(record).error));
  const scattered = n >= (within ? FEW : FEWEST);
  let squares = 0;
  for (const record of some) {
    const { value: own, error } = of(record);
    squares += record.norm ** 4 * (scattered ? ((own - value) ** 2 * n) / (n - 1) : error ** 2);
  }
  return { value, error: Math.sqrt(squares) / weights, method, steps: n };
}
