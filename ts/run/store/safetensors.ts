import { RunError } from "../../errors/errors.js";

/** A file of named tensors (huggingface/safetensors): an 8-byte header length, a JSON header, then the numbers. */
export interface Tensors {
  readonly tensors: Readonly<Record<string, Float32Array | Float64Array>>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Those of more than one dimension; the others' are their lengths. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
}

const TYPES = { F32: Float32Array, F64: Float64Array } as const;

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

export function encodeTensors({
  tensors,
  metadata,
  shapes = {},
}: Tensors): Uint8Array<ArrayBuffer> {
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: metadata };
  for (const [name, values] of Object.entries(tensors)) {
    const dtype = values instanceof Float32Array ? "F32" : "F64";
    const end = offset + values.byteLength;
    header[name] = { dtype, shape: shapes[name] ?? [values.length], data_offsets: [offset, end] };
    offset = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Padded with spaces, as the format asks for, so that the numbers are aligned.
  const length = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + offset).fill(32, 8, 8 + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, 8);
  let at = 8 + length;
  for (const values of Object.values(tensors)) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return bytes;
}

/** @throws RunError naming the file if it is no such file, or is cut short. */
export function decodeTensors(bytes: Uint8Array, file: string): Tensors {
  const broken = () => new RunError(`${file} is damaged: it is not a whole safetensors file`);
  if (bytes.length < 8) throw broken();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  if (start > bytes.length) throw broken();
  let header: Record<string, Entry> & { __metadata__?: Record<string, string> };
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  } catch {
    throw broken();
  }
  const { __metadata__: metadata = {}, ...entries } = header;
  const tensors: Record<string, Float32Array | Float64Array> = {};
  const shapes: Record<string, readonly number[]> = {};
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(entries)) {
    const type = TYPES[dtype as keyof typeof TYPES];
    const [from, to] = offsets ?? [];
    if (!type || !(from <= to) || start + to > bytes.length) throw broken();
    // A copy, for the numbers may stand anywhere in `bytes` (whose own `slice` makes none if it is Node's Buffer).
    tensors[name] = new type(new Uint8Array(bytes.subarray(start + from, start + to)).buffer);
    if (shape?.length > 1) shapes[name] = shape;
  }
  return { tensors, metadata, shapes };
}
