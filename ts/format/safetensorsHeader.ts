import { shown } from "../errors/errors.js";
import { isPlainObject } from "../schema/plainObject.js";
import { parseStrict } from "./strictJson.js";

/** A tensor as the header of a safetensors file declares it. */
export interface Declared {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes, counted from the end of the header. */
  readonly from: number;
  readonly to: number;
}

export interface Header {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their numbers in the file. */
  readonly tensors: readonly Declared[];
  /** Bytes before the numbers. */
  readonly length: number;
}

/** The format's own limit (huggingface/safetensors). */
const LONGEST_HEADER = 100_000_000;

/** Bits of an element of each type that the format knows. */
const BITS: ReadonlyMap<string, number> = new Map([
  ["F4", 4],
  ["F6_E2M3", 6],
  ["F6_E3M2", 6],
  ...["BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0"].map((name) => [name, 8] as const),
  ...["U16", "I16", "F16", "BF16"].map((name) => [name, 16] as const),
  ...["U32", "I32", "F32"].map((name) => [name, 32] as const),
  ...["U64", "I64", "F64", "C64"].map((name) => [name, 64] as const),
]);

/**
 * Reads the header and holds the file to the format: all of its bytes belong to exactly one tensor each, and each tensor has
 * as many as its type and shape say.
 * @throws SyntaxError saying what is wrong.
 */
export function readHeader(bytes: Uint8Array): Header {
  if (bytes.length < 8) throw new SyntaxError("it has fewer than 8 bytes");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stated = view.getBigUint64(0, true);
  if (stated > BigInt(LONGEST_HEADER)) {
    throw new SyntaxError(
      `its header would have ${stated} bytes, and the most is ${LONGEST_HEADER}`,
    );
  }
  const length = 8 + Number(stated);
  if (length > bytes.length) {
    throw new SyntaxError(
      `its header would end at byte ${length}, and the file has ${bytes.length}`,
    );
  }
  const { __metadata__: metadata, ...entries } = objectIn(bytes.subarray(8, length));
  const tensors = Object.entries(entries).map(([name, entry]) => declared(name, entry));
  tensors.sort((a, b) => a.from - b.from || a.to - b.to);
  let end = 0;
  for (const { name, from, to } of tensors) {
    if (from !== end) {
      throw new SyntaxError(
        `tensor ${shown(name)} begins at ${from}, and the one before it ends at ${end}`,
      );
    }
    end = to;
  }
  if (length + end !== bytes.length) {
    throw new SyntaxError(
      `its tensors have ${end} bytes, and the file has ${bytes.length - length} for them`,
    );
  }
  return { metadata: textsOf(metadata), tensors, length };
}

function objectIn(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new SyntaxError("its header is no UTF-8");
  }
  if (text[0] !== "{") throw new SyntaxError('its header does not begin with "{"');
  try {
    return parseStrict(text) as Record<string, unknown>;
  } catch (error) {
    throw new SyntaxError(`its header is no JSON as it should be: ${(error as Error).message}`);
  }
}

function textsOf(metadata: unknown): Record<string, string> {
  if (metadata === undefined || metadata === null) return {};
  if (isPlainObject(metadata) && Object.values(metadata).every((x) => typeof x === "string")) {
    return metadata as Record<string, string>;
  }
  throw new SyntaxError(`__metadata__ is ${shown(metadata)}: takes an object of texts`);
}

function declared(name: string, entry: unknown): Declared {
  const fault = (what: string) => new SyntaxError(`tensor ${shown(name)} ${what}`);
  if (!isPlainObject(entry)) throw fault(`is ${shown(entry)}: takes an object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  const bits = typeof dtype === "string" ? BITS.get(dtype) : undefined;
  if (typeof dtype !== "string" || bits === undefined) {
    throw fault(
      `has the type ${shown(dtype)}: takes one of the format's, such as F16, BF16, F32 or F64`,
    );
  }
  if (!isNumbers(shape)) throw fault(`has the shape ${shown(shape)}: takes a list of integers`);
  if (!isNumbers(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw fault(`has the data_offsets ${shown(offsets)}: takes two integers, rising`);
  }
  const [from, to] = offsets;
  // Not by way of the product alone: one that is too large must not round to a number that fits.
  const most = 2 ** 53 / bits;
  let count = 1;
  for (const n of shape) {
    count *= n;
    if (count > most) throw fault(`has the shape ${shown(shape)}: too large for a file`);
  }
  if (count * bits !== (to - from) * 8) {
    throw fault(
      `has ${to - from} bytes: takes ${(count * bits) / 8} for ${dtype} of shape (${shape.join(", ")})`,
    );
  }
  return { name, dtype, shape, from, to };
}

/** Numbers of strict JSON are integers from 0 on. */
function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((x) => typeof x === "number");
}
