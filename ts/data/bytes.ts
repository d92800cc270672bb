import { Gunzip, Inflate } from "fflate";
import { InputError } from "../errors/errors.js";

/** Number of compressed bytes that are unpacked at a time, so that too large a content is noticed at once. */
const PIECE = 1 << 13;

/** deflate turns one byte into at most this many bytes. */
export const MOST_EXPANSION = 1032;

/** Number of bytes of a content's beginning that a `SizeOf` receives, or all bytes if there are fewer. */
export const HEAD_BYTES = 1 << 16;

/** Returns the length in bytes of a content with this beginning. Throws if the rest is not worth unpacking. */
export type SizeOf = (head: Uint8Array) => number;

type Fail = (what: string) => never;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length > 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Unpacks a gzip file with one or several members, which may be padded with zeros at the end. It checks each member's
 * length and CRC-32. It unpacks no more bytes than the beginning of the content announces.
 * @throws InputError if the file is cut short or damaged.
 */
export function gunzip(bytes: Uint8Array, field: string, sizeOf: SizeOf): Uint8Array {
  const fail: Fail = (what) => {
    throw new InputError(field, `${field}: the gzip file is damaged or cut short: ${what}`);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stream = new Gunzip();
  const content = new Content(bytes.length, sizeOf, fail);
  let begin = 0;
  /** Whether the trailer of the last unpacked member ends at byte `end` of the file. */
  const endsAt = (end: number) => {
    const member = content.from(begin);
    const told = end >= 18 && view.getUint32(end - 4, true) === member.length;
    return told && view.getUint32(end - 8, true) === crc32(member);
  };
  stream.onmember = (at) => {
    if (!endsAt(at)) fail("a checksum does not match");
    begin = content.length;
  };
  let why = "its checksum does not match";
  try {
    unpack(stream, bytes, content);
  } catch (error) {
    if (error instanceof InputError) throw error;
    // The library takes padding for another member, so this error may not matter.
    why = (error as Error).message;
  }
  const padding = bytes.length - 1 - bytes.findLastIndex((byte) => byte !== 0);
  // The trailer has 8 bytes, and its last ones may be zeros that look like padding.
  const ends = Array.from({ length: Math.min(padding, 8) + 1 }, (_, zeros) => zeros - padding);
  if (!ends.some((end) => endsAt(bytes.length + end))) return fail(why);
  return content.whole();
}

/**
 * Unpacks deflated bytes, as many as `sizeOf` announces.
 * @param fail is called with a description of the error, and throws.
 */
export function inflate(bytes: Uint8Array, fail: Fail, sizeOf: SizeOf): Uint8Array {
  const content = new Content(bytes.length, sizeOf, fail);
  try {
    unpack(new Inflate(), bytes, content);
  } catch (error) {
    // The library's own errors, and the host's if there is not enough memory.
    if (error instanceof InputError) throw error;
    return fail((error as Error).message);
  }
  return content.whole();
}

function unpack(stream: Gunzip | Inflate, bytes: Uint8Array, content: Content): void {
  stream.ondata = (chunk) => content.push(chunk);
  for (let at = 0; at < bytes.length; at += PIECE) {
    stream.push(bytes.subarray(at, at + PIECE), at + PIECE >= bytes.length);
  }
}

/**
 * Unpacked bytes. Memory for all of them is allocated only after their beginning has been checked, so that a file with
 * a false size costs no memory.
 */
class Content {
  length = 0;
  #bytes = new Uint8Array(0);
  #size: number | null = null;
  readonly #packed: number;
  readonly #sizeOf: SizeOf;
  readonly #fail: Fail;

  constructor(packed: number, sizeOf: SizeOf, fail: Fail) {
    this.#packed = packed;
    this.#sizeOf = sizeOf;
    this.#fail = fail;
  }

  push(chunk: Uint8Array): void {
    const length = this.length + chunk.length;
    if (this.#size === null) this.#bytes = joined(this.#bytes, chunk);
    else if (length <= this.#size) this.#bytes.set(chunk, this.length);
    else this.#fail(`it unpacks to more than the ${this.#size} bytes announced`);
    this.length = length;
    if (this.#size === null && length >= HEAD_BYTES) this.#make();
  }

  /** The bytes that were unpacked from byte `begin` on. */
  from(begin: number): Uint8Array {
    return this.#bytes.subarray(begin, this.length);
  }

  whole(): Uint8Array {
    if (this.#size === null) this.#make();
    return this.length === this.#size
      ? this.#bytes
      : this.#fail(`expected ${this.#size} bytes in it, found ${this.length}`);
  }

  #make(): void {
    const head = this.#bytes.subarray(0, this.length);
    const size = this.#sizeOf(head);
    if (size > MOST_EXPANSION * this.#packed)
      this.#fail(`${this.#packed} bytes cannot unpack to ${size}`);
    if (this.length > size) this.#fail(`it unpacks to more than the ${size} bytes announced`);
    this.#bytes = new Uint8Array(size);
    this.#bytes.set(head);
    this.#size = size;
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

/** CRC-32 as in zip and gzip. fflate does not check it. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}
