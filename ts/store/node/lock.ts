import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { link, open, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RunError } from "../../errors/errors.js";
import { unwritable } from "./atomic.js";

/** Who holds a lock. */
interface Holder {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  /** In which of the host's spaces the pid counts: containers have their own. Null where there are none. */
  readonly space: string | null;
  /** When the process began, in the kernel's own count: pids are used again. Null where that cannot be told. */
  readonly began: string | null;
  readonly since: string;
}

/** Milliseconds: how often a holder touches its lock, and for how long a silent one is watched. */
interface Times {
  readonly beat: number;
  readonly patience: number;
}
const TIMES: Times = { beat: 5000, patience: 30_000 };

/** Whether a holder of which nothing is known gives no sign of life in its file. */
type Watch = (holder: Holder, path: string) => Promise<boolean>;

export interface Lock {
  /** @throws RunError if the lock is not ours any more: another took this process for dead, or somebody deleted it. */
  check(): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes a folder's lock, a file that says who holds it, and that its holder touches again and again. A lock whose holder
 * is no more is taken over: at once if that was a process of this host; one of another host, of which nothing is known
 * but that, if it is not touched while it is watched (no clock is compared with another's).
 * @param say told when a lock has to be watched.
 * @throws RunError that tells who holds it.
 */
export async function takeLock(
  folder: string,
  say: (line: string) => void = () => {},
  times = TIMES,
): Promise<Lock> {
  const path = join(folder, "lock");
  const id = randomUUID();
  const { pid } = process;
  const since = new Date().toISOString();
  const holder: Holder = {
    id,
    pid,
    host: hostname(),
    space: space(),
    began: beginning(pid),
    since,
  };
  const watch: Watch = ({ pid: theirs, host }, file) => {
    const seconds = Math.round(times.patience / 1000);
    say(`${folder} was held by process ${theirs} on ${host}: ${seconds} s to see if it still is`);
    return isSilent(file, times.patience);
  };
  const other = await take(path, holder, watch);
  if (other) {
    const { pid: theirs, host } = other;
    throw new RunError(
      `${folder} is being written by process ${theirs} on ${host} since ${other.since}`,
    );
  }
  const touch = () => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  };
  const beating = setInterval(touch, times.beat).unref();
  const isOurs = async () => (await read(path))?.id === id;
  return {
    async check() {
      if (await isOurs()) return;
      throw new RunError(
        `${folder} is held by this process no longer: its lock was taken or deleted`,
      );
    },
    async release() {
      clearInterval(beating);
      if (await isOurs()) await rm(path, { force: true });
    },
  };
}

/** Makes `path` a file that names `holder`, or says who else has it and is alive. */
async function take(path: string, holder: Holder, watch: Watch): Promise<Holder | null> {
  const own = `${path}.${randomUUID()}.part`;
  try {
    await writeFile(own, JSON.stringify(holder));
    for (;;) {
      // Linking fails if the name is taken, and is never half done, unlike creating and then writing.
      if (await linked(own, path)) return null;
      const other = await read(path);
      if (other === undefined) continue;
      if (other && !(await isGone(other, path, watch))) return other;
      if (await replaced(path, other, own, holder, watch)) return null;
    }
  } catch (cause) {
    throw cause instanceof RunError ? cause : unwritable(path, cause);
  } finally {
    await rm(own, { force: true });
  }
}

/**
 * Puts `own` in the place of a lock whose holder is gone, if nobody else has done so. Of many that want to, the one
 * that holds the lock on doing this may: without it, one could take away what another has just put there.
 */
async function replaced(
  path: string,
  gone: Holder | null,
  own: string,
  holder: Holder,
  watch: Watch,
): Promise<boolean> {
  const claim = `${path}.${/^[\w-]+$/.exec(gone?.id ?? "") ?? "broken"}.claim.part`;
  if (await take(claim, holder, watch)) {
    await sleep(5);
    return false;
  }
  try {
    if (JSON.stringify(await read(path)) !== JSON.stringify(gone)) return false;
    await rename(own, path);
    return true;
  } finally {
    await rm(claim, { force: true });
  }
}

async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw cause;
  }
}

/** Undefined if there is none; null if it is not readable as one: then whoever made it is no writer of ours. */
async function read(path: string): Promise<Holder | null | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "ENOENT" ? undefined : null;
  }
}

/** Whether a holder is known not to be there any more. */
async function isGone(holder: Holder, path: string, watch: Watch): Promise<boolean> {
  const { pid, host, began } = holder;
  if (host !== hostname() || holder.space !== space()) return watch(holder, path);
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
  return began !== null && began !== beginning(pid);
}

async function isSilent(path: string, patience: number): Promise<boolean> {
  const first = await touched(path);
  for (const start = performance.now(); performance.now() - start < patience; ) {
    await sleep(Math.min(1000, patience / 10));
    if ((await touched(path)) !== first) return false;
  }
  return true;
}

/** When a file was last touched; opened, for a network's file system may remember what it said of one before. */
async function touched(path: string): Promise<number | null> {
  try {
    const file = await open(path);
    return await file
      .stat()
      .then(({ mtimeMs }) => mtimeMs)
      .finally(() => file.close());
  } catch {
    return null;
  }
}

function space(): string | null {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return null;
  }
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
