import { cut, InputError } from "../errors/errors.js";
import { crc32, inflate } from "./bytes.js";
import { type NonFinite, type NpyArray, readNpy } from "./npy.js";
import { readNpyHeader } from "./npyHeader.js";

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly header: number;
}

/**
 * Reads the arrays of a NumPy `.npz` file (a zip of `.npy` files, stored or deflated), and checks the CRC-32 of each.
 * @param only names of the arrays to read; default all.
 * @param nonFinite whether numbers that are not finite are refused (the default) or kept.
 * @throws InputError that names the array and what is wrong with it.
 */
export function readNpz(
  bytes: Uint8Array,
  field: string,
  only?: readonly string[],
  nonFinite: NonFinite = "refused",
): Map<string, NpyArray> {
  const arrays = new Map<string, NpyArray>();
  for (const entry of directory(bytes, field)) {
    const name = arrayName(entry);
    if (only && !only.includes(name)) continue;
    const array = `${field}, array ${cut(name)}`;
    if (arrays.has(name))
      throw new InputError(array, `${array}: expected one of that name, found two`);
    arrays.set(name, readNpy(content(bytes, entry, array), array, nonFinite));
  }
  return arrays;
}

/** The names of the arrays in a file. */
export function npzNames(bytes: Uint8Array, field: string): string[] {
  return directory(bytes, field).map(arrayName);
}

function arrayName({ name }: Entry): string {
  return name.replace(/\.npy$/, "");
}

/** Reads the entries from the central directory, because local headers may lack the sizes. */
function directory(bytes: Uint8Array, field: string): Entry[] {
  const fail = (what: string): never => {
    throw new InputError(field, `${field}: not a whole zip file: ${what}`);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isEnd = (at: number) =>
    view.getUint32(at, true) === 0x06054b50 &&
    at + 22 + view.getUint16(at + 20, true) === bytes.length;
  let end = bytes.length - 22;
  while (end >= 0 && end > bytes.length - 65558 && !isEnd(end)) end--;
  if (end < 0 || !isEnd(end)) return fail("it has no directory at its end");
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  const entries: Entry[] = [];
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50) {
      return fail(`entry ${i} of ${count} is missing from its directory`);
    }
    const nameLength = view.getUint16(at + 28, true);
    const name = decoded(bytes.subarray(at + 46, at + 46 + nameLength));
    const [packed, size] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
    const header = view.getUint32(at + 42, true);
    if ([packed, size, header].includes(0xffffffff))
      return fail(`${cut(name)} is in zip64 form, which is not read`);
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
  if (at > end) return fail("its directory overlaps its end");
  return entries;
}

/** The bytes of an entry. Its sizes and its NumPy header must agree before it is unpacked. */
function content(
  bytes: Uint8Array,
  { name, method, crc, packed, size, header }: Entry,
  field: string,
): Uint8Array {
  const fail = (what: string): never => {
    throw new InputError(field, `${field}: damaged: ${what}`);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header + 30 > bytes.length || view.getUint32(header, true) !== 0x04034b50)
    return fail("it has no header");
  const names = header + 30;
  const nameLength = view.getUint16(header + 26, true);
  if (decoded(bytes.subarray(names, names + nameLength)) !== name)
    return fail("its header names another array");
  const start = names + nameLength + view.getUint16(header + 28, true);
  if (start + packed > bytes.length) return fail("it reaches beyond the file's end");
  const raw = bytes.subarray(start, start + packed);
  let out = raw;
  if (method === 8) {
    out = inflate(raw, fail, (head) => {
      readNpyHeader(head, size, field);
      return size;
    });
  } else if (method !== 0) return fail(`compression method ${method} is not read`);
  if (out.length !== size || crc32(out) !== crc) return fail("its checksum does not match");
  return out;
}

function decoded(name: Uint8Array): string {
  return new TextDecoder().decode(name);
}
