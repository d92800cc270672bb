import { cut, InputError, shown } from "../errors/errors.js";

export interface NpyArray {
  readonly shape: readonly number[];
  /** NumPy's name of the type as stored, such as `<f4`. */
  readonly dtype: string;
  /** Row-major. float32, float64 and bytes as they are; other integers as float64, which holds them exactly. */
  readonly values: Float32Array | Float64Array | Uint8Array;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const HEADER =
  /^\{\s*'descr':\s*'([^']*)',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([\d,\s]*)\),?\s*\}\s*$/;

type Read = (view: DataView, at: number, little: boolean) => number;

const READERS: Record<string, { bytes: number; read: Read }> = {
  f4: { bytes: 4, read: (view, at, little) => view.getFloat32(at, little) },
  f8: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
  b1: { bytes: 1, read: (view, at) => (view.getUint8(at) ? 1 : 0) },
  u1: { bytes: 1, read: (view, at) => view.getUint8(at) },
  i1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  u2: { bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
  i2: { bytes: 2, read: (view, at, little) => view.getInt16(at, little) },
  u4: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
  i4: { bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
  u8: { bytes: 8, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  i8: { bytes: 8, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
};

/** NumPy's own limit. */
const MOST_DIMENSIONS = 64;

/** What a `.npy` file says of its array. */
interface NpyHeader {
  readonly dtype: string;
  readonly reader: { readonly bytes: number; readonly read: Read };
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Number of values. */
  readonly count: number;
  /** Byte at which they begin. */
  readonly start: number;
}

/**
 * Reads the header of a `.npy` file (format versions 1 to 3).
 * @param bytes the file, or as much of it as holds the header.
 * @param length bytes of the whole file, which the header has to account for.
 * @throws InputError that says what was expected and what was found.
 */
export function readNpyHeader(bytes: Uint8Array, length: number, field: string): NpyHeader {
  const fail = (what: string): never => {
    throw new InputError(field, `${field}: ${what}`);
  };
  if (bytes.length < 12 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    return fail(`expected a NumPy file (it begins with \\x93NUMPY), found ${length} other bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [version, minor] = [bytes[6], bytes[7]];
  if (version < 1 || version > 3 || minor !== 0)
    return fail(`expected NumPy format version 1.0, 2.0 or 3.0, found ${version}.${minor}`);
  const first = version === 1 ? 10 : 12;
  const start = first + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (start > bytes.length)
    return fail(`cut short: the header ends at byte ${start}, the file at ${length}`);
  const header = new TextDecoder("latin1").decode(bytes.subarray(first, start));
  const match = HEADER.exec(header);
  if (!match) return fail(`the header is not one of a plain array: ${shown(header.trim())}`);
  const [, dtype, fortran, sizes] = match;
  const type = dtype.slice(1);
  if (!Object.hasOwn(READERS, type) || !"<>|=".includes(dtype[0])) {
    return fail(
      `the type ${shown(dtype)} is not read: takes real numbers (${Object.keys(READERS).join(", ")})`,
    );
  }
  const reader = READERS[type];
  const shape = sizes
    .split(",")
    .filter((s) => s.trim())
    .map(Number);
  const count = shape.reduce((product, size) => product * size, 1);
  const found = (length - start) / reader.bytes;
  if (shape.length > MOST_DIMENSIONS || !Number.isSafeInteger(count) || found !== count) {
    return fail(
      `expected ${count} values of ${reader.bytes} bytes for shape (${cut(shape.join(", "))}), found ${found}`,
    );
  }
  return { dtype, reader, fortran: fortran === "True", shape, count, start };
}

/**
 * Reads a NumPy `.npy` file of finite real numbers, either byte order, C or Fortran order.
 * @throws InputError that says what was expected and what was found.
 */
export function readNpy(bytes: Uint8Array, field: string): NpyArray {
  const header = readNpyHeader(bytes, bytes.length, field);
  const { dtype, reader, fortran, shape, count } = header;
  const values = read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), header);
  for (let i = 0; i < count; i++) {
    if (!Number.isFinite(values[i]))
      throw new InputError(field, `${field}: value ${i} is ${values[i]}: takes finite numbers`);
    if (reader.bytes === 8 && !dtype.endsWith("f8") && !Number.isSafeInteger(values[i])) {
      throw new InputError(
        field,
        `${field}: value ${i} is about ${values[i]}: takes integers that float64 holds exactly`,
      );
    }
  }
  return { shape, dtype, values: fortran ? rowMajor(values, shape) : values };
}

function read(view: DataView, { dtype, reader, count, start }: NpyHeader) {
  const little = dtype[0] !== ">";
  const type = dtype.slice(1);
  const out =
    type === "f4"
      ? new Float32Array(count)
      : type === "u1"
        ? new Uint8Array(count)
        : new Float64Array(count);
  for (let i = 0; i < count; i++) out[i] = reader.read(view, start + i * reader.bytes, little);
  return out;
}

/** From first index fastest to last index fastest. */
function rowMajor<T extends Float32Array | Float64Array | Uint8Array>(
  values: T,
  shape: readonly number[],
): T {
  const out = values.slice() as T;
  const index = shape.map(() => 0);
  const strides: number[] = [];
  shape.reduce((stride, size) => {
    strides.push(stride);
    return stride * size;
  }, 1);
  for (let i = 0; i < out.length; i++) {
    out[i] = values[index.reduce((at, k, d) => at + k * strides[d], 0)];
    for (let d = shape.length - 1; d >= 0 && ++index[d] === shape[d]; d--) index[d] = 0;
  }
  return out;
}
