import { crc32 } from "../digest/crc32.js";
import { RunError } from "../errors/errors.js";
import { decodeTensors, encodeTensors, type Tensors } from "./safetensors.js";

/** How the header of a sealed file begins, behind the 8 bytes of its length. The checksum's eight digits follow. */
const HEAD = '{"__metadata__":{"crc32":"';
const UNSEALED = "00000000";
const AT = 8 + HEAD.length;
const END = AT + UNSEALED.length;

/** A safetensors file whose metadata begin with `crc32`: the CRC-32 of the whole file, with zeros for its own digits. */
export function encodeSealed({ metadata, ...rest }: Tensors): Uint8Array<ArrayBuffer> {
  const bytes = encodeTensors({ ...rest, metadata: { crc32: UNSEALED, ...metadata } });
  bytes.set(new TextEncoder().encode(checksum(bytes)), AT);
  return bytes;
}

/** @throws RunError naming the file if any of its bytes have changed, or it is cut short. */
export function decodeSealed(bytes: Uint8Array, file: string): Tensors {
  const head = new TextDecoder().decode(bytes.subarray(8, END));
  if (head !== `${HEAD}${checksum(bytes)}`) {
    throw new RunError(`${file} is damaged: its checksum does not match its contents`);
  }
  try {
    return decodeTensors(bytes, file);
  } catch (error) {
    // ninscope wrote the file itself: no input of the user's is at fault.
    throw new RunError((error as Error).message, { cause: error });
  }
}

function checksum(bytes: Uint8Array): string {
  const zeros = new TextEncoder().encode(UNSEALED);
  const before = crc32(zeros, 0, zeros.length, crc32(bytes, 0, Math.min(AT, bytes.length)));
  return crc32(bytes, END, bytes.length, before).toString(16).padStart(8, "0");
}
