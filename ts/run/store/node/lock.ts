import { readFileSync } from "node:fs";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { RunError } from "../../../errors/errors.js";
import { unwritable } from "../../node/atomic.js";

/** Who holds a lock. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in the kernel's own count: pids are used again. Null where that cannot be told. */
  readonly began: string | null;
  readonly since: string;
}

/**
 * Takes a folder's lock, a file that says who holds it. A lock whose holder on this host is no more is taken over.
 * @returns what lets go of it.
 * @throws RunError that tells who holds it.
 */
export async function takeLock(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, "lock");
  const own = `${path}.${process.pid}.part`;
  const { pid } = process;
  const since = new Date().toISOString();
  const holder: Holder = { pid, host: hostname(), began: beginning(pid), since };
  try {
    await writeFile(own, JSON.stringify(holder));
  } catch (cause) {
    throw unwritable(own, cause);
  }
  try {
    // Linking fails if the name is taken, and is never half done, unlike creating and then writing.
    while (!(await linked(own, path))) await removeStale(path, folder);
  } finally {
    await rm(own, { force: true });
  }
  return async () => {
    if ((await read(path))?.since === since) await rm(path, { force: true });
  };
}

async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw unwritable(path, cause);
  }
}

async function removeStale(path: string, folder: string): Promise<void> {
  const holder = await read(path);
  if (holder && !isGone(holder)) {
    const { pid, host, since } = holder;
    const there = host === hostname() ? "" : `; if that machine is gone, delete ${path}`;
    throw new RunError(
      `${folder} is being written by process ${pid} on ${host} since ${since}${there}`,
    );
  }
  const aside = `${path}.${process.pid}.stale.part`;
  try {
    await rename(path, aside);
  } catch {
    // Another process was faster.
    return;
  }
  const taken = await read(aside);
  // What was renamed may be a lock that another has just taken in place of the stale one: that one goes back.
  if (taken && !isGone(taken)) await linked(aside, path);
  await rm(aside, { force: true });
}

/** Null if there is none, or it is not readable as one: then whoever made it is no writer of ours. */
async function read(path: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return null;
  }
}

/** Whether a holder is known not to be there any more; of another host nothing is known. */
function isGone({ pid, host, began }: Holder): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
  return began !== null && began !== beginning(pid);
}

/** Field 22 of Linux's `/proc/<pid>/stat`; the name before it may hold anything but ends with `)`. */
function beginning(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return null;
  }
}
