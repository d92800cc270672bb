import { Pacer } from "./pause.js";

/** Bytes that are copied at a time: a millisecond, most of it for memory that is touched for the first time. */
const CHUNK = 2 ** 20;

/** A typed array of any number type. */
type Numbers = Uint8Array | Uint32Array | Float32Array | Float64Array;

/** A copy with a buffer of its own, made in turns with a page's frames: 50 MB in one piece stop a page for 100 ms. */
export async function copyInTurns<T extends Numbers>(values: T): Promise<T> {
  const from = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const to = new Uint8Array(from.length);
  const pacer = new Pacer();
  for (let at = 0; at < from.length; at += CHUNK) {
    to.set(from.subarray(at, at + CHUNK), at);
    if (pacer.due) await pacer.rest();
  }
  // What Node calls a Buffer is copied to a plain array.
  if (values instanceof Uint8Array) return to as T;
  return new (values.constructor as new (buffer: ArrayBuffer) => T)(to.buffer);
}
