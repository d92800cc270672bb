import { InputError } from "../errors/errors.js";
import { gunzip, isGzip } from "./bytes.js";

export interface IdxArray {
  readonly shape: readonly number[];
  /** A view of the file's bytes, or of the unpacked bytes. */
  readonly values: Uint8Array;
}

/**
 * Reads an IDX file of unsigned bytes, plain or gzip. It has two zero bytes, the type (8), the number of dimensions,
 * the sizes as big-endian 32-bit integers, and the values.
 * @param dimensions the required number of dimensions.
 * @throws InputError with what was expected and what was found.
 */
export function readIdx(file: Uint8Array, dimensions: number, field: string): IdxArray {
  const header = 4 + 4 * dimensions;
  const sizeOf = (head: Uint8Array) => header + countOf(shapeOf(head, dimensions, field));
  const bytes = isGzip(file) ? gunzip(file, field, sizeOf) : file;
  const shape = shapeOf(bytes, dimensions, field);
  const [expected, found] = [countOf(shape), bytes.length - header];
  if (found !== expected) {
    const what = found < expected ? "cut short" : "too long";
    throw new InputError(
      field,
      `${field}: ${what}: expected ${expected} values for shape ${shape.join(" x ")}, found ${found}`,
    );
  }
  return { shape, values: bytes.subarray(header) };
}

/** The shape that is given in the beginning of a file. */
function shapeOf(head: Uint8Array, dimensions: number, field: string): number[] {
  const fail = (what: string): never => {
    throw new InputError(field, `${field}: ${what}`);
  };
  const magic = 0x0800 + dimensions;
  const header = 4 + 4 * dimensions;
  if (head.length < header) {
    return fail(`an IDX header takes ${header} bytes, found a file of ${head.length}`);
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const found = view.getUint32(0);
  if (found !== magic) {
    return fail(
      `expected the magic number ${hex(magic)} (IDX of bytes in ${dimensions} dimensions), found ${hex(found)}`,
    );
  }
  const shape = Array.from({ length: dimensions }, (_, d) => view.getUint32(4 + 4 * d));
  if (countOf(shape) === 0) return fail(`holds no values: its shape is ${shape.join(" x ")}`);
  return shape;
}

function countOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}
