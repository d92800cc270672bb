import { RunError } from "../errors/errors.js";
import { decodeSealed, encodeSealed } from "../format/sealedTensors.js";
import { type ProbeSettings, parseProbeOptions } from "./probeSettings.js";
import { type GaugeRecord, RECORD_KEYS } from "./record.js";

/** Everything that a probe needs to continue. Noise is no part of it: it is a function of seed and step. */
export interface ProbeState {
  readonly settings: ProbeSettings;
  /** The initial weights, `[width, nodes]`. */
  readonly start: Float32Array;
  /** The weights now. */
  readonly weights: Float32Array;
  readonly records: readonly GaugeRecord[];
}

const NAME = "the saved probe";

/** A safetensors file with a checksum. */
export function encodeProbe({
  settings: { initial: _, ...settings },
  start,
  weights,
  records,
}: ProbeState): Uint8Array<ArrayBuffer> {
  const columns = RECORD_KEYS.map((key) => [
    `records.${key}`,
    Float64Array.from(records, (record) => record[key]),
  ]);
  return encodeSealed({
    tensors: { start, weights, ...Object.fromEntries(columns) },
    metadata: { probe: JSON.stringify(settings) },
  });
}

/** @throws RunError if the bytes are damaged, cut short, or are no probe's. */
export function decodeProbe(bytes: Uint8Array): ProbeState {
  const { tensors, metadata } = decodeSealed(bytes, NAME);
  const { start, weights } = tensors;
  if (!metadata.probe || !start || !weights) throw new RunError(`${NAME} holds no probe`);
  const initial = Float32Array.from(start);
  const settings = parseProbeOptions({ ...JSON.parse(metadata.probe), initial });
  const steps = tensors["records.step"];
  const records = Array.from(
    steps,
    (_, i) =>
      Object.fromEntries(
        RECORD_KEYS.map((key) => [key, tensors[`records.${key}`][i]]),
      ) as unknown as GaugeRecord,
  );
  return { settings, start: initial, weights: Float32Array.from(weights), records };
}
