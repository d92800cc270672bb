import { cut, InputError, shown } from "../errors/errors.js";
import { fromHalf } from "./half.js";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

export type ReadValue = (view: DataView, at: number, little: boolean) => number;

const READERS: Record<string, { bytes: number; read: ReadValue }> = {
  f2: { bytes: 2, read: (view, at, little) => fromHalf(view.getUint16(at, little)) },
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

/** The header of a `.npy` file. */
export interface NpyHeader {
  /** NumPy's name of the type, without its byte order: `f4`. */
  readonly type: string;
  readonly little: boolean;
  readonly reader: { readonly bytes: number; readonly read: ReadValue };
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Number of values. */
  readonly count: number;
  /** Byte at which the values begin. */
  readonly start: number;
}

/**
 * Reads the header of a `.npy` file (format versions 1 to 3).
 * @param bytes the file, or at least its beginning with the header.
 * @param length bytes of the whole file, which must match the header.
 * @throws InputError with what was expected and what was found.
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
  if (start > length)
    return fail(`cut short: the header ends at byte ${start}, the file at ${length}`);
  const header = new TextDecoder("latin1").decode(bytes.subarray(first, start));
  const entries = dictionary(header);
  const shape = sizes(entries?.shape);
  const { descr, fortran_order: fortran } = entries ?? {};
  const known = Object.keys(entries ?? {}).length === 3;
  if (!known || !shape || typeof descr !== "string" || typeof fortran !== "boolean")
    return fail(`the header is not one of a plain array: ${shown(header.trim())}`);
  const [, order, type] = /^([<>=|]?)(.*)$/s.exec(descr) as RegExpExecArray;
  if (!Object.hasOwn(READERS, type)) {
    const types = Object.keys(READERS).join(", ");
    return fail(`the type ${shown(descr)} is not read: takes real numbers (${types})`);
  }
  const reader = READERS[type];
  const count = shape.reduce((product, size) => product * size, 1);
  const found = (length - start) / reader.bytes;
  if (shape.length > MOST_DIMENSIONS || !Number.isSafeInteger(count) || found !== count) {
    return fail(
      `expected ${count} values of ${reader.bytes} bytes for shape (${cut(shape.join(", "))}), found ${found}`,
    );
  }
  return { type, little: order !== ">", reader, fortran, shape, count, start };
}

/** A key, its value (a string, a boolean or a tuple), and what follows: a comma, the end, or both. */
const ENTRY =
  /\s*u?(['"])(\w+)\1\s*:\s*(?:u?(['"])([^'"]*)\3|(True|False)|(\([^()]*\)))\s*(,?)\s*(\}\s*$)?/y;

/** The entries of a dictionary that Python wrote, in any order; null if the text is not one, or has a key twice. */
function dictionary(text: string): Record<string, string | boolean> | null {
  const entries: Record<string, string | boolean> = Object.create(null);
  ENTRY.lastIndex = /^\s*\{/.exec(text)?.[0].length ?? text.length;
  for (let match = ENTRY.exec(text); match; match = ENTRY.exec(text)) {
    const [, , key, , word, truth, tuple, comma, end] = match;
    if (key in entries) return null;
    entries[key] = truth ? truth === "True" : (word ?? tuple);
    if (end) return entries;
    if (!comma) return null;
  }
  return null;
}

/**
 * The integers of a tuple: `(3, 4)`, `(3,)`, `()`, with or without the `L` of Python 2; null if it is not a tuple of
 * integers.
 */
function sizes(tuple: string | boolean | undefined): number[] | null {
  if (typeof tuple !== "string" || tuple[0] !== "(") return null;
  const parts = tuple.slice(1, -1).split(",");
  if (parts[parts.length - 1].trim() === "") parts.pop();
  else if (parts.length === 1) return null;
  const found = parts.map((part) => (/^\s*\d+L?\s*$/.test(part) ? Number.parseInt(part, 10) : -1));
  return found.includes(-1) ? null : found;
}
