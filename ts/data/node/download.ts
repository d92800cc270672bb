import { createHash } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { RunError } from "../../errors/errors.js";
import type { NamedSet } from "../load.js";
import { cacheFolder } from "./locate.js";
import { makeFolder } from "./makeFolder.js";
import { KNOWN_SETS, type KnownFile } from "./sets.js";

/** Options of `fetchSet`. */
export interface FetchOptions {
  /** Folder for the files; default: the cache. */
  readonly folder?: string;
  /** URL of the folder of the files; default: where they were published. */
  readonly baseUrl?: string;
  /** Aborts the download; it then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Milliseconds without data after which a download fails; default 30 s. */
  readonly stallMs?: number;
  /** Receives the file's name, the bytes received so far, and the bytes in total (null if the server does not say). */
  readonly onProgress?: (file: string, received: number, total: number | null) => void;
}

/**
 * Downloads a data set. Each file is written under another name, checked against its SHA-256, and then renamed. So a
 * file with the final name is always whole.
 * @returns the folder.
 * @throws RunError that names the file and the cause.
 */
export async function fetchSet(name: NamedSet, options: FetchOptions = {}): Promise<string> {
  const { folder = cacheFolder(name), baseUrl = KNOWN_SETS[name].source } = options;
  await makeFolder(folder).catch((cause: Error) => {
    throw new RunError(`${folder} could not be made: ${cause.message}`, { cause });
  });
  for (const file of KNOWN_SETS[name].files) {
    if (await isFile(join(folder, file.name))) continue;
    await fetchFile(file, new URL(file.name, baseUrl), folder, options);
  }
  return folder;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function fetchFile(
  file: KnownFile,
  url: URL,
  folder: string,
  options: FetchOptions,
): Promise<void> {
  const part = join(folder, `${file.name}.${process.pid}.part`);
  try {
    const sha256 = await receive(url, part, file.name, options);
    if (sha256 !== file.sha256) {
      throw new Error(`its SHA-256 is ${sha256}: expected ${file.sha256}`);
    }
    await rename(part, join(folder, file.name));
  } catch (error) {
    await rm(part, { force: true });
    options.signal?.throwIfAborted();
    const cause = (error as Error).cause as Error | undefined;
    throw new RunError(
      `${url} could not be downloaded: ${cause?.message ?? (error as Error).message}`,
      { cause: error },
    );
  }
}

/** Writes a response's body to a file and returns its SHA-256. */
async function receive(
  url: URL,
  path: string,
  name: string,
  options: FetchOptions,
): Promise<string> {
  const { signal, stallMs = 30_000, onProgress } = options;
  const stalled = new AbortController();
  const watch = () =>
    setTimeout(() => stalled.abort(new Error(`no data came for ${stallMs / 1000} s`)), stallMs);
  let timer = watch();
  const file = await open(path, "w");
  try {
    const signals = signal ? [signal, stalled.signal] : [stalled.signal];
    const response = await fetch(url, { signal: AbortSignal.any(signals) });
    if (!response.ok || !response.body) throw new Error(`the server answered ${response.status}`);
    const length = Number(response.headers.get("content-length"));
    const total = length > 0 ? length : null;
    const hash = createHash("sha256");
    let received = 0;
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = watch();
      hash.update(chunk);
      await file.write(chunk);
      received += chunk.length;
      onProgress?.(name, received, total);
    }
    await file.sync();
    return hash.digest("hex");
  } catch (error) {
    if (stalled.signal.aborted) throw stalled.signal.reason;
    throw error;
  } finally {
    clearTimeout(timer);
    await file.close();
  }
}
