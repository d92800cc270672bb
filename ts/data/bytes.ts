import { Gunzip } from "fflate";
import { InputError } from "../errors/errors.js";

/** Most bytes that a compressed file may unpack to: beyond this it is no data set but an accident. */
const MOST_BYTES = 4e9;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length > 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * The contents of a gzip file, checked against its length and CRC-32.
 * @throws InputError if it is cut short or damaged.
 */
export function gunzip(bytes: Uint8Array, field: string): Uint8Array {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    const stream = new Gunzip((chunk) => {
      length += chunk.length;
      if (length > MOST_BYTES) throw new Error("it unpacks to more than 4 GB");
      chunks.push(chunk);
    });
    stream.push(bytes, true);
  } catch (error) {
    throw new InputError(
      field,
      `${field}: the gzip file is damaged or cut short: ${(error as Error).message}`,
    );
  }
  const out = joined(chunks, length);
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8, 8);
  if (
    bytes.length < 18 ||
    trailer.getUint32(4, true) !== length >>> 0 ||
    trailer.getUint32(0, true) !== crc32(out)
  ) {
    throw new InputError(
      field,
      `${field}: the gzip file is damaged or cut short: its checksum does not match`,
    );
  }
  return out;
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1) return chunks[0];
  const out = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
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
