import { RunError } from "../errors/errors.js";
import { decodeTensors, encodeTensors, type Tensors } from "../format/safetensors.js";
import type { Checkpoint } from "../train/checkpoint.js";
import type { Trajectory } from "../trajectory/trajectory.js";

type Columns = Record<string, Float64Array>;

/** A trajectory as tensors `steps.loss`, `evaluations.testLoss`, ... */
export function encodeTrajectory(trajectory: Trajectory): Uint8Array<ArrayBuffer> {
  return encodeTensors({ tensors: columnsOf(trajectory), metadata: {} });
}

export function decodeTrajectory(bytes: Uint8Array, file: string): Trajectory {
  return trajectoryIn(decodedOwn(bytes, file), file);
}

/** A checkpoint of the run of this key: a trajectory's tensors, and `weights.0`, `velocity.0`, ... */
export function encodeCheckpoint(key: string, checkpoint: Checkpoint): Uint8Array<ArrayBuffer> {
  const { step, seconds, buffers, trajectory } = checkpoint;
  return encodeTensors({
    tensors: { ...columnsOf(trajectory), ...buffers },
    metadata: { key, step: String(step), seconds: String(seconds) },
  });
}

/** Null if it is another run's. */
export function decodeCheckpoint(key: string, bytes: Uint8Array, file: string): Checkpoint | null {
  const read = decodedOwn(bytes, file);
  const { metadata, tensors } = read;
  if (metadata.key !== key) return null;
  const buffers = Object.entries(tensors).filter(([name]) => /^(weights|velocity)\./.test(name));
  return {
    step: Number(metadata.step),
    seconds: Number(metadata.seconds),
    buffers: Object.fromEntries(buffers) as Columns,
    trajectory: trajectoryIn(read, file),
  };
}

/** A file that ninscope wrote itself: if it is damaged, no input of the user's is at fault. */
function decodedOwn(bytes: Uint8Array, file: string): Tensors {
  try {
    return decodeTensors(bytes, file);
  } catch (error) {
    throw new RunError((error as Error).message, { cause: error });
  }
}

function columnsOf({ steps, evaluations }: Trajectory): Columns {
  const named = (part: string, columns: object) =>
    Object.entries(columns).map(([name, values]) => [`${part}.${name}`, values] as const);
  return Object.fromEntries([...named("steps", steps), ...named("evaluations", evaluations)]);
}

function trajectoryIn({ tensors }: Tensors, file: string): Trajectory {
  const part = (prefix: string) =>
    Object.fromEntries(
      Object.entries(tensors)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, values]) => [name.slice(prefix.length), values]),
    );
  const [steps, evaluations] = [part("steps."), part("evaluations.")];
  if (!steps.step || !evaluations.step) throw new RunError(`${file} holds no trajectory`);
  return { steps, evaluations } as unknown as Trajectory;
}
