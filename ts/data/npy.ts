import { InputError } from "../errors/errors.js";
import { type NpyHeader, readNpyHeader } from "./npyHeader.js";

export interface NpyArray {
  readonly shape: readonly number[];
  /** NumPy's name of the stored type, without its byte order: `f4`. */
  readonly dtype: string;
  /**
   * Row-major. float16 becomes float32; float32, float64 and bytes keep their type; other integers and booleans become
   * float64.
   */
  readonly values: Float32Array | Float64Array | Uint8Array;
}

/** What to do with NaN and infinities. */
export type NonFinite = "refused" | "kept";

/**
 * Reads a NumPy `.npy` file of real numbers: floats, integers or booleans of any size, in either byte order, in C or
 * Fortran order.
 * @param nonFinite whether numbers that are not finite are refused (the default) or kept.
 * @throws InputError with what was expected and what was found.
 */
export function readNpy(
  bytes: Uint8Array,
  field: string,
  nonFinite: NonFinite = "refused",
): NpyArray {
  const header = readNpyHeader(bytes, bytes.length, field);
  const { type, reader, fortran, shape, count } = header;
  const values = read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), header);
  const long = reader.bytes === 8 && type !== "f8";
  for (let i = 0; i < count; i++) {
    if (nonFinite === "refused" && !Number.isFinite(values[i]))
      throw new InputError(field, `${field}: value ${i} is ${values[i]}: takes finite numbers`);
    if (long && !Number.isSafeInteger(values[i])) {
      throw new InputError(
        field,
        `${field}: value ${i} is about ${values[i]}: takes integers below 2^53, which float64 holds exactly`,
      );
    }
  }
  return { shape, dtype: type, values: fortran ? rowMajor(values, shape) : values };
}

/** Whether an array was stored as floating-point numbers. */
export function isFloat({ dtype }: NpyArray): boolean {
  return dtype[0] === "f";
}

function read(view: DataView, { type, little, reader, count, start }: NpyHeader) {
  const out =
    type === "f2" || type === "f4"
      ? new Float32Array(count)
      : type === "u1"
        ? new Uint8Array(count)
        : new Float64Array(count);
  for (let i = 0; i < count; i++) out[i] = reader.read(view, start + i * reader.bytes, little);
  return out;
}

/** Converts from Fortran order (first index fastest) to C order (last index fastest). */
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
