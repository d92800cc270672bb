import { Pacer } from "../async/pause.js";

/** Bytes that JavaScript digests at a time: some milliseconds of work. */
const CHUNK = 2 ** 18;
/** `crypto.subtle` first copies what it digests, in one piece on the calling thread: 20 MB stop a page for 50 ms. */
const LARGE = 2 ** 20;

/**
 * SHA-256 in hex, of the host's own where it has one. Browsers have none (`crypto.subtle`) on a page that came over
 * plain http from another host; there, and for large inputs on any page's thread, the digest is made in JavaScript, in
 * pieces shorter than a frame.
 */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const own = globalThis.crypto?.subtle;
  const stopsPage = typeof document !== "undefined" && bytes.length > LARGE;
  const digest =
    own && !stopsPage ? new Uint8Array(await own.digest("SHA-256", bytes)) : await inPieces(bytes);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function inPieces(bytes: Uint8Array): Promise<Uint8Array> {
  const { sha256: algorithm } = await import("@noble/hashes/sha2.js");
  const hash = algorithm.create();
  const pacer = new Pacer();
  for (let at = 0; at < bytes.length; at += CHUNK) {
    hash.update(bytes.subarray(at, at + CHUNK));
    if (pacer.due) await pacer.rest();
  }
  return hash.digest();
}
