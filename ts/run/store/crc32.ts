const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let c = byte;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** CRC-32 (ISO-HDLC, as in gzip) of bytes `start` to `end`, going on from that of what came before. */
export function crc32(bytes: Uint8Array, start = 0, end = bytes.length, before = 0): number {
  let c = ~before;
  for (let i = start; i < end; i++) c = TABLE[(c ^ bytes[i]) & 255] ^ (c >>> 8);
  return ~c >>> 0;
}
