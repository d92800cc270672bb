import { fromHalf } from "../data/half.js";
import { InputError } from "../errors/errors.js";
import { type Header, readHeader } from "./safetensorsHeader.js";

/** A file of named tensors (huggingface/safetensors): an 8-byte header length, a JSON header, then the numbers. */
export interface Tensors {
  readonly tensors: Readonly<Record<string, Float32Array | Float64Array>>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Of all tensors, the `others` too; to write, those of more than one dimension do. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** Names and types of the tensors of integers and small floats, whose numbers are not read. */
  readonly others?: Readonly<Record<string, string>>;
}

const TYPES = { F32: Float32Array, F64: Float64Array } as const;
/** Half of a float32 each, which they are turned to. */
const HALVES = { F16: fromHalf, BF16: fromBrain } as const;

/** What every zip archive begins with. */
const ZIP = [0x50, 0x4b, 3, 4];

export function encodeTensors({
  tensors,
  metadata,
  shapes = {},
}: Tensors): Uint8Array<ArrayBuffer> {
  let offset = 0;
  const header: [string, unknown][] = [["__metadata__", metadata]];
  for (const [name, values] of Object.entries(tensors)) {
    const dtype = values instanceof Float32Array ? "F32" : "F64";
    const end = offset + values.byteLength;
    const shape = Object.hasOwn(shapes, name) ? shapes[name] : [values.length];
    header.push([name, { dtype, shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
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

/** @throws InputError naming the file if it is no whole safetensors file, and what is wrong with it. */
export function decodeTensors(bytes: Uint8Array, file: string): Tensors {
  const { metadata, tensors: declared, length } = headerOf(bytes, file);
  const tensors: [string, Float32Array | Float64Array][] = [];
  const others: [string, string][] = [];
  for (const { name, dtype, from, to } of declared) {
    // A copy, for the numbers may stand anywhere in `bytes` (whose own `slice` makes none if it is Node's Buffer).
    const { buffer } = new Uint8Array(bytes.subarray(length + from, length + to));
    const values = decoded(dtype, buffer);
    if (values) tensors.push([name, values]);
    else others.push([name, dtype]);
  }
  // Not by assignment, which a tensor named `__proto__` would not survive.
  return {
    metadata,
    tensors: Object.fromEntries(tensors),
    shapes: Object.fromEntries(declared.map(({ name, shape }) => [name, shape])),
    others: Object.fromEntries(others),
  };
}

function headerOf(bytes: Uint8Array, file: string): Header {
  try {
    return readHeader(bytes);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const zip = ZIP.every((byte, i) => bytes[i] === byte);
    throw new InputError(
      file,
      zip
        ? `${file} is a zip archive, as torch.save writes: takes a safetensors file (safetensors.torch.save_file)`
        : `${file} is damaged or no safetensors file: ${error.message}`,
    );
  }
}

/** Null for a type that is not read. */
function decoded(dtype: string, buffer: ArrayBuffer): Float32Array | Float64Array | null {
  const half = HALVES[dtype as keyof typeof HALVES];
  if (half) return Float32Array.from(new Uint16Array(buffer), half);
  const type = TYPES[dtype as keyof typeof TYPES];
  return type ? new type(buffer) : null;
}

/** The upper half of a float32. */
function fromBrain(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0];
}
