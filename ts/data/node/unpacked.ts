import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { isGzip, MOST_EXPANSION } from "../bytes.js";

/** Number of bytes that Node's zlib writes at a time; each piece is copied once. */
const PIECE = 1 << 26;

const inflated = promisify(gunzip);

/**
 * The content of a gzip file with one member, unpacked by Node's own zlib, which takes a fraction of the portable reader's time,
 * works beside this thread and checks the same length and CRC-32. Any other file comes back as it is: the portable reader unpacks what is valid
 * and says what is wrong with the rest.
 */
export async function unpacked(bytes: Uint8Array): Promise<Uint8Array> {
  if (!isGzip(bytes) || bytes.length < 18) return bytes;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4, true);
  // A false length costs no memory.
  if (length === 0 || length > MOST_EXPANSION * bytes.length) return bytes;
  try {
    const content = await inflated(bytes, {
      maxOutputLength: length,
      chunkSize: Math.max(64, Math.min(length, PIECE)),
    });
    if (content.length !== length || isGzip(content)) return bytes;
    return new Uint8Array(content.buffer, content.byteOffset, length);
  } catch {
    return bytes;
  }
}
