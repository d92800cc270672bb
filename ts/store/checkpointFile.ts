import { RunError } from "../errors/errors.js";
import type { Tensors } from "../format/safetensors.js";
import { decodeSealed, encodeSealed } from "../format/sealedTensors.js";
import type { Checkpoint } from "../train/checkpoint.js";
import { EVALUATION_COLUMNS, STEP_COLUMNS } from "../train/record/recorder.js";
import type { Trajectory } from "../trajectory/trajectory.js";

type Columns = Record<string, Float64Array>;

const CARRIED = "carried.";

/** Encodes a trajectory as tensors `steps.loss`, `evaluations.testLoss`, ..., with a checksum. */
export function encodeTrajectory(trajectory: Trajectory): Uint8Array<ArrayBuffer> {
  return encodeSealed({ tensors: columnsOf(trajectory), metadata: {} });
}

/** @throws RunError that names the file if it is damaged or does not hold a trajectory. */
export function decodeTrajectory(bytes: Uint8Array, file: string): Trajectory {
  const columns = float64In(decodeSealed(bytes, file), file);
  const trajectory = trajectoryIn(columns, file);
  if (columns.size > 0) throw unexpected(file, columns);
  return trajectory;
}

/**
 * Encodes a checkpoint of the run with this key: the tensors of its trajectory, `weights.0`, `velocity.0`, ..., and
 * `carried.dose`, with a checksum.
 */
export function encodeCheckpoint(key: string, checkpoint: Checkpoint): Uint8Array<ArrayBuffer> {
  const { step, seconds, buffers, carried, trajectory } = checkpoint;
  return encodeSealed({
    tensors: { ...columnsOf(trajectory), ...buffers, ...named("carried", carried) },
    metadata: { key, step: String(step), seconds: String(seconds) },
  });
}

/**
 * Decodes a checkpoint.
 * @returns null if it belongs to another run.
 * @throws RunError that names the file if it is damaged or does not hold a checkpoint.
 */
export function decodeCheckpoint(key: string, bytes: Uint8Array, file: string): Checkpoint | null {
  const read = decodeSealed(bytes, file);
  const { metadata } = read;
  if (metadata.key !== key) return null;
  const [step, seconds] = [Number(metadata.step), Number(metadata.seconds)];
  if (!Number.isSafeInteger(step) || step < 1 || !(seconds >= 0 && seconds < Infinity)) {
    throw new RunError(`${file} does not hold a checkpoint: step ${step} after ${seconds} s`);
  }
  const columns = float64In(read, file);
  const trajectory = trajectoryIn(columns, file);
  const carried: Record<string, Float64Array> = {};
  for (const [name, values] of columns) {
    if (!name.startsWith(CARRIED)) continue;
    carried[name.slice(CARRIED.length)] = values;
    columns.delete(name);
  }
  const buffers = Object.fromEntries(columns);
  if (!Object.keys(buffers).every((name) => /^(weights|velocity)\.\d+$/.test(name))) {
    throw unexpected(file, columns);
  }
  return { step, seconds, buffers, carried, trajectory };
}

/**
 * Decodes a checkpoint if it is whole and belongs to the run.
 * @param say receives a line if it is not; the run then begins anew.
 * @returns null if the file is damaged or belongs to another run.
 */
export function wholeCheckpoint(
  key: string,
  bytes: Uint8Array,
  file: string,
  say: (line: string) => void,
): Checkpoint | null {
  try {
    const checkpoint = decodeCheckpoint(key, bytes, file);
    if (!checkpoint) say(`${file} is a checkpoint of another run; the run begins anew`);
    return checkpoint;
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    say(`${error.message}; the run begins anew`);
    return null;
  }
}

function columnsOf({ steps, evaluations }: Trajectory): Columns {
  return { ...named("steps", steps), ...named("evaluations", evaluations) };
}

function named(part: string, columns: Readonly<Record<string, Float64Array>>): Columns {
  const entries = Object.entries(columns);
  return Object.fromEntries(entries.map(([name, values]) => [`${part}.${name}`, values]));
}

function float64In({ tensors, others = {} }: Tensors, file: string): Map<string, Float64Array> {
  const columns = new Map<string, Float64Array>();
  for (const [name, values] of Object.entries({ ...tensors, ...others })) {
    if (!(values instanceof Float64Array))
      throw new RunError(`${file}: ${name} is not of type F64`);
    columns.set(name, values);
  }
  return columns;
}

/**
 * The trajectory that `columns` hold, with its columns removed from them. The columns of one part must all be there and
 * have the same length; or the part is empty.
 */
function trajectoryIn(columns: Map<string, Float64Array>, file: string): Trajectory {
  const part = (prefix: string, names: readonly string[]) => {
    const rows = columns.get(`${prefix}.step`)?.length;
    const entries = names.map((name) => {
      const values = columns.get(`${prefix}.${name}`);
      if (!values || (values.length > 0 && values.length !== rows)) {
        throw new RunError(
          `${file} does not hold a trajectory: ${prefix}.${name} is missing or too short`,
        );
      }
      columns.delete(`${prefix}.${name}`);
      return [name, values];
    });
    return Object.fromEntries(entries);
  };
  return {
    steps: part("steps", STEP_COLUMNS),
    evaluations: part("evaluations", EVALUATION_COLUMNS),
  };
}

function unexpected(file: string, columns: ReadonlyMap<string, unknown>): RunError {
  return new RunError(`${file} holds an unexpected tensor: ${[...columns.keys()][0]}`);
}
