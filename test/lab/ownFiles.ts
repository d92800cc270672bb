/** Files as people have them, made here byte by byte. */

/** A table of two inputs and a class, whose columns have names. */
export function csvFile(rows: number): Uint8Array {
  const lines = Array.from({ length: rows }, (_, r) => `${r % 5},${Math.sqrt(r)},${r % 2}`);
  return new TextEncoder().encode(["height,width,kind", ...lines, ""].join("\n"));
}

/** Grey pictures of two classes: a bright left half, or a bright right half. */
export function idxFiles(count: number, side: number): { images: Uint8Array; labels: Uint8Array } {
  const header = (...numbers: number[]) =>
    numbers.flatMap((value) => [
      value >>> 24,
      (value >> 16) & 255,
      (value >> 8) & 255,
      value & 255,
    ]);
  const pixel = (i: number) => {
    const right = i % side >= side / 2;
    const kind = Math.floor(i / side ** 2) % 2;
    return (right === (kind === 1) ? 200 : 20) + (i % 7);
  };
  const pixels = Array.from({ length: count * side ** 2 }, (_, i) => pixel(i));
  return {
    images: Uint8Array.from([...header(0x803, count, side, side), ...pixels]),
    labels: Uint8Array.from([
      ...header(0x801, count),
      ...pixels.slice(0, count).map((_, i) => i % 2),
    ]),
  };
}

/** A NumPy file of float64. */
export function npyFile(shape: readonly number[], values: Float64Array): Uint8Array {
  const text = `{'descr': '<f8', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const header = new TextEncoder().encode(`${text.padEnd(length - 1)}\n`);
  const bytes = new Uint8Array(10 + length + 8 * values.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8]);
  bytes.set(header, 10);
  bytes.set(new Uint8Array(values.buffer), 10 + length);
  return bytes;
}
