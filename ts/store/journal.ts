import { crc32 } from "../digest/crc32.js";

/**
 * A journal is an append-only file of JSON lines, `{"key":"<64 hex>","crc":"<8 hex>","run":{...}}`. The checksum is the
 * CRC-32 of the key's and the run's bytes as written. A line with a wrong checksum, or without a line end, is ignored.
 */
const BEFORE_KEY = '{"key":"';
const BEFORE_CRC = '","crc":"';
const BEFORE_RUN = '","run":';
const KEY = BEFORE_KEY.length;
const CRC = KEY + 64 + BEFORE_CRC.length;
const RUN = CRC + 8 + BEFORE_RUN.length;
export const NEWLINE = 10;

export function journalLine(key: string, run: unknown): Uint8Array {
  const encoder = new TextEncoder();
  const [keyBytes, text] = [encoder.encode(key), JSON.stringify(run)];
  const crc = crc32(encoder.encode(text), undefined, undefined, crc32(keyBytes));
  const hex = crc.toString(16).padStart(8, "0");
  return encoder.encode(`${BEFORE_KEY}${key}${BEFORE_CRC}${hex}${BEFORE_RUN}${text}}\n`);
}

/** The contents of a journal. A line is parsed only when it is asked for. */
export interface Journal {
  /** For each key, its last whole line. */
  readonly lines: ReadonlyMap<string, Uint8Array>;
  /** Number of lines that are damaged or cut off. */
  readonly ignored: number;
  /** Whether the last line is cut off. The next one must then not be appended to it directly. */
  readonly torn: boolean;
}

export function readJournal(bytes: Uint8Array): Journal {
  const lines = new Map<string, Uint8Array>();
  let ignored = 0;
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(NEWLINE, start);
    const end = found < 0 ? bytes.length : found;
    const key = found < 0 ? null : wholeLine(bytes, start, end);
    if (key !== null) lines.set(key, bytes.subarray(start, end));
    else if (end > start) ignored++;
    start = end + 1;
  }
  return { lines, ignored, torn: bytes.length > 0 && bytes[bytes.length - 1] !== NEWLINE };
}

export function runInLine(line: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(line.subarray(RUN, line.length - 1)));
}

/** The key of a line if it is whole; otherwise null. */
function wholeLine(bytes: Uint8Array, start: number, end: number): string | null {
  if (end - start <= RUN + 1) return null;
  const crc = Number.parseInt(ascii(bytes, start + CRC, start + CRC + 8), 16);
  const run = crc32(bytes, start + RUN, end - 1, crc32(bytes, start + KEY, start + KEY + 64));
  return run === crc ? ascii(bytes, start + KEY, start + KEY + 64) : null;
}

const decoder = new TextDecoder();

function ascii(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}
