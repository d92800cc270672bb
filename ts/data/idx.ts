import { InputError } from "../errors/errors.js";
import { gunzip, isGzip } from "./bytes.js";

export interface IdxArray {
  readonly shape: readonly number[];
  /** A view of the file's own bytes, or of what they were unpacked to. */
  readonly values: Uint8Array;
}

/**
 * Reads an IDX file of unsigned bytes, plain or gzip: two zero bytes, the type (8), the number of dimensions,
 * the sizes as big-endian 32-bit integers, the values.
 * @param dimensions how many dimensions it has to have.
 * @throws InputError that says what was expected and what was found.
 */
export function readIdx(file: Uint8Array, dimensions: number, field: string): IdxArray {
  const bytes = isGzip(file) ? gunzip(file, field) : file;
  const magic = 0x0800 + dimensions;
  const header = 4 + 4 * dimensions;
  if (bytes.length < header) {
    throw new InputError(
      field,
      `${field}: an IDX header takes ${header} bytes, found a file of ${bytes.length}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = view.getUint32(0);
  if (found !== magic) {
    throw new InputError(
      field,
      `${field}: expected the magic number ${hex(magic)} (IDX of bytes in ${dimensions} dimensions), found ${hex(found)}`,
    );
  }
  const shape = Array.from({ length: dimensions }, (_, d) => view.getUint32(4 + 4 * d));
  const expected = shape.reduce((product, size) => product * size, 1);
  if (expected === 0)
    throw new InputError(field, `${field}: holds no values: its shape is ${shape.join(" x ")}`);
  if (bytes.length - header !== expected) {
    const what = bytes.length - header < expected ? "cut short" : "too long";
    throw new InputError(
      field,
      `${field}: ${what}: expected ${expected} values for shape ${shape.join(" x ")}, found ${bytes.length - header}`,
    );
  }
  return { shape, values: bytes.subarray(header) };
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}
