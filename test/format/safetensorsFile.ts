/** A safetensors file of any header and any bytes behind it, right or wrong. */
export function fileOf(header: string | Uint8Array, numbers: ArrayLike<number>): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + numbers.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(Uint8Array.from(numbers), 8 + text.length);
  return bytes;
}
