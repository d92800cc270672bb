import { Gunzip, Inflate } from "fflate";
import { InputError } from "../errors/errors.js";

/** Compressed bytes that are unpacked at a time, so that what unpacks to too much is noticed at once. */
const PIECE = 1 << 13;

/** deflate makes at most so many bytes of one. */
const MOST_EXPANSION = 1032;

/** Bytes of the content's beginning that a `SizeOf` sees at least, where there are as many. */
export const HEAD_BYTES = 1 << 16;

/** How many bytes a content with this beginning has; throws where the rest is not worth unpacking. */
export type SizeOf = (head: Uint8Array) => number;

type Fail = (what: string) => never;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length > 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * The contents of a gzip file of one member or several, perhaps padded with zeros; each member is checked against its
 * length and CRC-32. Nothing is unpacked beyond the size that the content's beginning announces.
 * @throws InputError if it is cut short or damaged.
 */
export function gunzip(bytes: Uint8Array, field: string, sizeOf: SizeOf): Uint8Array {
  const fail: Fail = (what) => {
    throw new InputError(field, `${field}: the gzip file is damaged or cut short: ${what}`);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stream = new Gunzip();
  const content = new Content(bytes.length, sizeOf, fail);
  let begin = 0;
  /** Whether the member that was unpacked last has its trailer before byte `end` of the file. */
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
    // The library takes padding for another member.
    why = (error as Error).message;
  }
  const padding = bytes.length - 1 - bytes.findLastIndex((byte) => byte !== 0);
  // Zeros at the end may belong to the trailer, of 8 bytes.
  const ends = Array.from({ length: Math.min(padding, 8) + 1 }, (_, zeros) => zeros - padding);
  if (!ends.some((end) => endsAt(bytes.length + end))) return fail(why);
  return content.whole();
}

/**
 * What deflate made, as many bytes as `sizeOf` says.
 * @param fail throws, being told what is wrong.
 */
export function inflate(bytes: Uint8Array, fail: Fail, sizeOf: SizeOf): Uint8Array {
  const content = new Content(bytes.length, sizeOf, fail);
  try {
    unpack(new Inflate(), bytes, content);
  } catch (error) {
    // The library's own complaints, and the host's when there is no room.
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

/** Unpacked bytes. Room is made once their beginning has passed: a lie must not cost the memory it asks for. */
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

  /** What has been unpacked from byte `begin` on. */
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

/** CRC-32 as zip and gzip have it; fflate checks neither. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}
