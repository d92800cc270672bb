import { RunError } from "../../../ts/errors/errors.js";
import type { SweepInput } from "../../../ts/experiment/sweep.js";
import { openBrowserStore } from "../../../ts/store/opfs.js";
import type { Store } from "../../../ts/store/store.js";

/** Names of folders of the lab's own sweeps begin so. */
const OWN = "lab-sweep-";
/** As in the result folders of the command line. */
const SPEC = "experiment.json";

/** A sweep that the browser keeps. */
export interface KeptSweep {
  readonly name: string;
  readonly input: SweepInput;
  readonly bytes: number;
}

/**
 * Opens the store of a sweep, and notes what it is of if that is given.
 * @throws RunError if another page holds it, or the browser has no place for it.
 */
export async function openSweep(name: string, input?: SweepInput): Promise<Store> {
  const store = await heldSoon(name);
  if (!input) return store;
  try {
    const folder = await (await stores()).getDirectoryHandle(name);
    const stream = await (await folder.getFileHandle(SPEC, { create: true })).createWritable();
    await stream.write(JSON.stringify(input));
    await stream.close();
    return store;
  } catch (cause) {
    await store.close();
    const { name: kind, message } = cause as DOMException;
    const why = kind === "QuotaExceededError" ? "the site's storage is full" : message;
    throw new RunError(`the sweep could not be kept: ${why}`, { cause });
  }
}

/** Milliseconds that a tab which was just closed may take to let go of its sweep, and between two tries. */
const [PATIENCE, RETRY] = [5000, 100];

async function heldSoon(name: string): Promise<Store> {
  for (const begun = performance.now(); ; ) {
    try {
      return await openBrowserStore(name);
    } catch (error) {
      const inUse = error instanceof RunError && error.message.includes("is in use");
      if (!inUse || performance.now() - begun > PATIENCE) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY));
    }
  }
}

/** Whether the browser keeps anything of a sweep. */
export async function isKept(name: string): Promise<boolean> {
  return stores()
    .then((folder) => folder.getDirectoryHandle(name))
    .then(
      () => true,
      () => false,
    );
}

/** All sweeps that the browser keeps. */
export async function keptSweeps(): Promise<KeptSweep[]> {
  const folder = await stores().catch(() => null);
  const found: KeptSweep[] = [];
  if (!folder) return found;
  for await (const handle of folder.values()) {
    if (handle.kind !== "directory" || !handle.name.startsWith(OWN)) continue;
    const own = await described(handle as FileSystemDirectoryHandle);
    if (own) found.push(own);
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Deletes a sweep. @throws RunError if another page holds it. */
export async function forgetSweep(name: string): Promise<void> {
  const store = await heldSoon(name);
  try {
    await (await stores()).removeEntry(name, { recursive: true });
  } finally {
    await store.close();
  }
}

async function stores(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle("ninscope", { create: true });
}

async function described(folder: FileSystemDirectoryHandle): Promise<KeptSweep | null> {
  let [text, bytes] = ["", 0];
  for await (const handle of folder.values()) {
    if (handle.kind !== "file") continue;
    const file = await (handle as FileSystemFileHandle).getFile();
    bytes += file.size;
    if (handle.name === SPEC) text = await file.text();
  }
  try {
    return { name: folder.name, input: JSON.parse(text), bytes };
  } catch {
    // A sweep whose description was cut short can still be deleted.
    return { name: folder.name, input: {}, bytes };
  }
}
