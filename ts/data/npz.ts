import { inflateSync } from "fflate";
import { InputError } from "../errors/errors.js";
import { crc32 } from "./bytes.js";
import { type NpyArray, readNpy } from "./npy.js";

const MOST_BYTES = 4e9;

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly header: number;
}

/**
 * Reads the arrays of a NumPy `.npz` file (a zip of `.npy`, stored or deflated), each checked against its CRC-32.
 * @param only the arrays that are wanted; left out: all.
 * @throws InputError that says what is wrong with which array.
 */
export function readNpz(
  bytes: Uint8Array,
  field: string,
  only?: readonly string[],
): Map<string, NpyArray> {
  const arrays = new Map<string, NpyArray>();
  for (const entry of directory(bytes, field)) {
    const name = entry.name.replace(/\.npy$/, "");
    if (only && !only.includes(name)) continue;
    arrays.set(name, readNpy(content(bytes, entry, field), `${field}, array ${name}`));
  }
  return arrays;
}

/** The central directory is what says where entries are; local headers may leave their sizes out. */
function directory(bytes: Uint8Array, field: string): Entry[] {
  const fail = (what: string): never => {
    throw new InputError(field, `${field}: not a whole zip file: ${what}`);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  while (end >= 0 && end > bytes.length - 65558 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0 || view.getUint32(end, true) !== 0x06054b50)
    return fail("it has no directory at its end");
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  const entries: Entry[] = [];
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50) {
      return fail(`entry ${i} of ${count} is missing from its directory`);
    }
    const nameLength = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const [packed, size] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
    const header = view.getUint32(at + 42, true);
    if ([packed, size, header].includes(0xffffffff))
      return fail(`${name} is in zip64 form, which is not read`);
    entries.push({
      name,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packed,
      size,
      header,
    });
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

function content(
  bytes: Uint8Array,
  { name, method, crc, packed, size, header }: Entry,
  field: string,
): Uint8Array {
  const fail = (what: string): never => {
    throw new InputError(field, `${field}: ${name} is damaged: ${what}`);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header + 30 > bytes.length || view.getUint32(header, true) !== 0x04034b50)
    return fail("it has no header");
  const start = header + 30 + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
  if (start + packed > bytes.length) return fail("it reaches beyond the file's end");
  if (size > MOST_BYTES) return fail(`it unpacks to ${size} bytes`);
  const raw = bytes.subarray(start, start + packed);
  let out: Uint8Array;
  if (method === 0) out = raw;
  else if (method === 8) {
    // deflate makes at most 1032 bytes of one: a size beyond that is not worth the memory to try.
    if (size > 1032 * packed + 64) return fail(`${packed} bytes cannot unpack to ${size}`);
    try {
      out = inflateSync(raw, { out: new Uint8Array(size) });
    } catch (error) {
      return fail((error as Error).message);
    }
  } else return fail(`compression method ${method} is not read`);
  if (out.length !== size || crc32(out) !== crc) return fail("its checksum does not match");
  return out;
}
