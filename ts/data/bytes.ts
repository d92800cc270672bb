import { Gunzip, Inflate } from "fflate";
import { InputError } from "../errors/errors.js";

/** Compressed bytes that are unpacked at a time, so that what unpacks to too much is noticed at once. */
const PIECE = 1 << 13;

/** deflate makes at most so many bytes of one. */
const MOST_EXPANSION = 1032;

/** Bytes that a `Check` is shown at least, where there are as many. */
export const HEAD_BYTES = 1 << 16;

/** Is shown the first bytes, and how many there are to be; throws where it is not worth unpacking the rest. */
export type Check = (head: Uint8Array, size: number) => void;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length > 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * The contents of a gzip file, checked against its length and CRC-32. Nothing is unpacked that the file does not
 * announce, nor all of it if `check` refuses its beginning.
 * @throws InputError if it is cut short or damaged.
 */
export function gunzip(bytes: Uint8Array, field: string, check: Check = () => {}): Uint8Array {
  const fail = (what: string): never => {
    throw new InputError(field, `${field}: the gzip file is damaged or cut short: ${what}`);
  };
  if (bytes.length < 18) return fail(`it has ${bytes.length} bytes`);
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8, 8);
  const out = unpacked(new Gunzip(), bytes, trailer.getUint32(4, true), fail, check);
  return trailer.getUint32(0, true) === crc32(out) ? out : fail("its checksum does not match");
}

/**
 * What deflate made of `size` bytes.
 * @param fail throws, being told what is wrong.
 */
export function inflate(
  bytes: Uint8Array,
  size: number,
  fail: (what: string) => never,
  check: Check,
): Uint8Array {
  return unpacked(new Inflate(), bytes, size, fail, check);
}

function unpacked(
  stream: Gunzip | Inflate,
  bytes: Uint8Array,
  size: number,
  fail: (what: string) => never,
  check: Check,
): Uint8Array {
  if (size > MOST_EXPANSION * bytes.length) fail(`${bytes.length} bytes cannot unpack to ${size}`);
  // Room is made once the head has passed: a lie must not cost the memory it asks for.
  let out: Uint8Array | null = null;
  let head = new Uint8Array(0);
  let length = 0;
  try {
    stream.ondata = (chunk, final) => {
      if (length + chunk.length > size) fail(`it unpacks to more than the ${size} bytes announced`);
      if (out) out.set(chunk, length);
      else head = joined(head, chunk);
      length += chunk.length;
      if (!out && (final || length >= HEAD_BYTES)) {
        check(head, size);
        out = new Uint8Array(size);
        out.set(head);
      }
    };
    for (let at = 0; at < bytes.length; at += PIECE) {
      stream.push(bytes.subarray(at, at + PIECE), at + PIECE >= bytes.length);
    }
    return out && length === size ? out : fail(`expected ${size} bytes in it, found ${length}`);
  } catch (error) {
    // The library's own complaints, and the host's when there is no room.
    if (error instanceof InputError) throw error;
    return fail((error as Error).message);
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
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
