import { Gunzip } from "fflate";
import { InputError } from "../errors/errors.js";

/** Compressed bytes that are unpacked at a time. */
const PIECE = 1 << 13;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length > 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** deflate makes at most so many bytes of one. */
const MOST_EXPANSION = 1032;

/**
 * The contents of a gzip file, checked against its length and CRC-32. Nothing is unpacked that the file does not
 * announce, nor any of it if `check` refuses its beginning.
 * @param check is shown the first bytes, and how many there are to be.
 * @throws InputError if it is cut short or damaged.
 */
export function gunzip(
  bytes: Uint8Array,
  field: string,
  check: (head: Uint8Array, size: number) => void = () => {},
): Uint8Array {
  const fail = (what: string): never => {
    throw new InputError(field, `${field}: the gzip file is damaged or cut short: ${what}`);
  };
  if (bytes.length < 18) fail(`it has ${bytes.length} bytes`);
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8, 8);
  const size = trailer.getUint32(4, true);
  if (size > MOST_EXPANSION * bytes.length) fail(`${bytes.length} bytes cannot unpack to ${size}`);
  let out: Uint8Array | null = null;
  let length = 0;
  const take = (chunk: Uint8Array) => {
    if (!out) {
      check(chunk, size);
      out = new Uint8Array(size);
    }
    if (length + chunk.length > size) fail(`it unpacks to more than the ${size} bytes announced`);
    out.set(chunk, length);
    length += chunk.length;
  };
  try {
    const stream = new Gunzip(take);
    for (let at = 0; at < bytes.length; at += PIECE) {
      stream.push(bytes.subarray(at, at + PIECE), at + PIECE >= bytes.length);
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    fail((error as Error).message);
  }
  if (!out || length !== size || trailer.getUint32(0, true) !== crc32(out)) {
    return fail("its checksum does not match");
  }
  return out;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, i) => {
  let c = i;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** CRC-32 as zip and gzip have it; fflate checks neither. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}
