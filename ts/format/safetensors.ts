import { RunError } from "../errors/errors.js";

/** A file of named tensors (huggingface/safetensors): an 8-byte header length, a JSON header, then the numbers. */
export interface Tensors {
  readonly tensors: Readonly<Record<string, Float32Array | Float64Array>>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Those of more than one dimension; the others' are their lengths. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** Tensors whose type is none of ours, which are left out: name and type. */
  readonly others?: Readonly<Record<string, string>>;
}

const TYPES = { F32: Float32Array, F64: Float64Array } as const;
/** Half of a float32 each, which they are turned to. */
const HALVES = { F16: fromHalf, BF16: fromBrain } as const;

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
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
    throw new RunError(
      `${file} is a zip archive, as torch.save writes: takes a safetensors file (safetensors.torch.save_file)`,
    );
  }
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
  const others: Record<string, string> = {};
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype, shape, data_offsets: offsets } = entry ?? {};
    const [from, to] = offsets ?? [];
    if (typeof dtype !== "string" || !(from >= 0 && from <= to) || start + to > bytes.length) {
      throw broken();
    }
    // A copy, for the numbers may stand anywhere in `bytes` (whose own `slice` makes none if it is Node's Buffer).
    const { buffer } = new Uint8Array(bytes.subarray(start + from, start + to));
    const values = decoded(dtype, buffer);
    if (!values) others[name] = dtype;
    else if (!Array.isArray(shape) || shape.reduce((a, b) => a * b, 1) !== values.length) {
      throw broken();
    } else {
      tensors[name] = values;
      if (shape.length > 1) shapes[name] = shape;
    }
  }
  return { tensors, metadata, shapes, others };
}

/** Null for a type that is none of ours. */
function decoded(dtype: string, buffer: ArrayBuffer): Float32Array | Float64Array | null {
  const half = HALVES[dtype as keyof typeof HALVES];
  if (half && buffer.byteLength % 2 === 0) return Float32Array.from(new Uint16Array(buffer), half);
  const type = TYPES[dtype as keyof typeof TYPES];
  if (!type) return null;
  return buffer.byteLength % type.BYTES_PER_ELEMENT === 0 ? new type(buffer) : new type(0);
}

/** IEEE 754 binary16: 5 bits of exponent, 10 of fraction. */
function fromHalf(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** The upper half of a float32. */
function fromBrain(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0];
}
