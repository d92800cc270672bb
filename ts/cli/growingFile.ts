import { open, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const LOOK_EVERY_MS = 500;
const PIECE = 1 << 22;

/** What a file has grown by. */
export interface Growth {
  readonly bytes: Uint8Array;
  /** Whether the file was begun anew, so that what was read before is void. */
  readonly anew: boolean;
}

/**
 * Yields what is in a file, then what is appended to it, until the file is removed. It looks every half a second: file systems
 * that other machines write to announce no changes.
 * @throws the signal's reason once it is aborted.
 */
export async function* growingFile(path: string, signal: AbortSignal): AsyncGenerator<Growth> {
  let seen = { size: 0, ino: -1 };
  while (true) {
    signal.throwIfAborted();
    const now = await stat(path).catch(goneOrThrow);
    if (now === null) return;
    const anew = seen.ino >= 0 && (now.ino !== seen.ino || now.size < seen.size);
    let at = anew ? 0 : seen.size;
    if (now.size > at || anew) {
      const bytes = await read(path, at, Math.min(now.size - at, PIECE));
      if (bytes === null) return;
      at += bytes.length;
      yield { bytes, anew };
    }
    seen = { size: at, ino: now.ino };
    if (at < now.size) continue;
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

async function read(path: string, at: number, length: number): Promise<Uint8Array | null> {
  const file = await open(path).catch(goneOrThrow);
  if (file === null) return null;
  try {
    const bytes = new Uint8Array(length);
    const { bytesRead } = await file.read(bytes, 0, length, at);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function goneOrThrow(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}
