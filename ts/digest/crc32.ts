/** `TABLES[k][byte]`: the CRC of a byte with k zero bytes behind it. */
const TABLES: readonly Uint32Array[] = (() => {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let c = byte;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c;
  });
  const tables = [first];
  for (let k = 1; k < 8; k++) {
    tables.push(tables[k - 1].map((c) => first[c & 255] ^ (c >>> 8)));
  }
  return tables;
})();

/**
 * CRC-32 (ISO-HDLC, as in gzip) of bytes `start` to `end`, continued from the CRC of the bytes before them. It takes
 * eight bytes at a time ("slicing by 8"), which is three times as fast as one: a journal of 100,000 runs needs that.
 */
export function crc32(b: Uint8Array, start = 0, end = b.length, before = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES;
  let c = ~before;
  let i = start;
  for (; i + 8 <= end; i += 8) {
    c ^= b[i] | (b[i + 1] << 8) | (b[i + 2] << 16) | (b[i + 3] << 24);
    c =
      t7[c & 255] ^
      t6[(c >>> 8) & 255] ^
      t5[(c >>> 16) & 255] ^
      t4[c >>> 24] ^
      t3[b[i + 4]] ^
      t2[b[i + 5]] ^
      t1[b[i + 6]] ^
      t0[b[i + 7]];
  }
  for (; i < end; i++) c = t0[(c ^ b[i]) & 255] ^ (c >>> 8);
  return ~c >>> 0;
}
