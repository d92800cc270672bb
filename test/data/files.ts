import { zipSync } from "fflate";

/** An IDX file of bytes. */
export function idx(shape: readonly number[], values: ArrayLike<number>): Uint8Array {
  const header = 4 + 4 * shape.length;
  const bytes = new Uint8Array(header + values.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x0800 + shape.length);
  shape.forEach((size, d) => {
    view.setUint32(4 + 4 * d, size);
  });
  bytes.set(values, header);
  return bytes;
}

type Writer = (view: DataView, at: number, value: number, little: boolean) => void;
const WRITERS: Readonly<Record<string, [number, Writer]>> = {
  f8: [8, (v, at, x, little) => v.setFloat64(at, x, little)],
  f4: [4, (v, at, x, little) => v.setFloat32(at, x, little)],
  u1: [1, (v, at, x) => v.setUint8(at, x)],
  b1: [1, (v, at, x) => v.setUint8(at, x)],
  i1: [1, (v, at, x) => v.setInt8(at, x)],
  u2: [2, (v, at, x, little) => v.setUint16(at, x, little)],
  i2: [2, (v, at, x, little) => v.setInt16(at, x, little)],
  u4: [4, (v, at, x, little) => v.setUint32(at, x, little)],
  i4: [4, (v, at, x, little) => v.setInt32(at, x, little)],
  u8: [8, (v, at, x, little) => v.setBigUint64(at, BigInt(x), little)],
  i8: [8, (v, at, x, little) => v.setBigInt64(at, BigInt(x), little)],
};

export const DTYPES = Object.keys(WRITERS);

/** A NumPy file; `values` in the order in which they are to stand in it. */
export function npy(
  shape: readonly number[],
  values: ArrayLike<number>,
  { dtype = "<f4", fortran = false, version = 1 } = {},
): Uint8Array {
  const [size, write] = WRITERS[dtype.slice(1)];
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${dtype}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': (${sizes}), }`;
  const start = version === 1 ? 10 : 12;
  const padded = `${text.padEnd(Math.ceil((start + text.length + 1) / 64) * 64 - start - 1)}\n`;
  const bytes = new Uint8Array(start + padded.length + size * values.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), version, 0]);
  if (version === 1) view.setUint16(8, padded.length, true);
  else view.setUint32(8, padded.length, true);
  bytes.set(new TextEncoder().encode(padded), start);
  for (let i = 0; i < values.length; i++) {
    write(view, start + padded.length + i * size, values[i], dtype[0] !== ">");
  }
  return bytes;
}

export function npz(arrays: Readonly<Record<string, Uint8Array>>, level: 0 | 6 = 6): Uint8Array {
  const named = Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes]);
  return zipSync(Object.fromEntries(named), { level });
}
