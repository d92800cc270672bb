import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { type FileHandle, link, open, readFile, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RunError } from "../../errors/errors.js";
import { isOutOfFiles, unreadable, unwritable } from "./atomic.js";

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
  const taken = await take(path, holder, watch);
  if ("other" in taken) {
    const { pid: theirs, host, since } = taken.other;
    throw new RunError(`${folder} is being written by process ${theirs} on ${host} since ${since}`);
  }
  const { file } = taken;
  // The open file is our own lock, whatever stands under its name by then: it never touches a successor's.
  const touch = () => {
    const now = new Date();
    file.utimes(now, now).catch(() => {});
  };
  const beating = setInterval(touch, times.beat).unref();
  const isOurs = async () => {
    try {
      return (await read(path))?.id === id;
    } catch (error) {
      if (!isOutOfFiles((error as RunError).cause)) throw error;
      // This opens no file.
      const [named, own] = await Promise.all([stat(path).catch(() => null), file.stat()]);
      return named?.ino === own.ino && named.dev === own.dev;
    }
  };
  return {
    async check() {
      if (await isOurs()) return;
      throw new RunError(
        `${folder} is held by this process no longer: its lock was taken or deleted`,
      );
    },
    async release() {
      clearInterval(beating);
      try {
        if (await isOurs()) await rm(path, { force: true });
      } finally {
        await file.close();
      }
    },
  };
}

/** Makes `path` a file that names `holder`, and gives it open; or says who else has it and is alive. */
async function take(
  path: string,
  holder: Holder,
  watch: Watch,
): Promise<{ readonly file: FileHandle } | { readonly other: Holder }> {
  const own = `${path}.${randomUUID()}.part`;
  let file: FileHandle | undefined;
  let held = false;
  try {
    file = await open(own, "wx");
    await file.writeFile(JSON.stringify(holder));
    for (;;) {
      // Linking fails if the name is taken, and is never half done, unlike creating and then writing.
      held = await linked(own, path);
      if (held) return { file };
      const other = await read(path);
      if (other === undefined) continue;
      if (other && !(await isGone(other, path, watch))) return { other };
      held = await replaced(path, other, own, holder, watch);
      if (held) return { file };
    }
  } catch (cause) {
    throw cause instanceof RunError ? cause : unwritable(path, cause);
  } finally {
    if (!held) await file?.close();
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
  const claimed = await take(claim, holder, watch);
  if ("other" in claimed) {
    await sleep(5);
    return false;
  }
  try {
    if (JSON.stringify(await read(path)) !== JSON.stringify(gone)) return false;
    await rename(own, path);
    return true;
  } finally {
    await claimed.file.close();
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

/**
 * Undefined if there is none; null if it says nothing that a lock says: then no writer of ours made it.
 * @throws RunError if it cannot be read: whoever made it may hold the folder, such as another user.
 */
async function read(path: string): Promise<Holder | null | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    const { message } = unreadable(path, cause);
    const who = code === "EACCES" ? "; a process of another user's may hold the folder" : "";
    throw new RunError(`${message}${who}`, { cause });
  }
  try {
    const holder = JSON.parse(text);
    return typeof holder?.id === "string" ? holder : null;
  } catch {
    return null;
  }
}

/** Whether a holder is known not to be there any more. */
async function isGone(holder: Holder, path: string, watch: Watch): Promise<boolean> {
  const { pid, host, began } = holder;
  if (host !== hostname() || holder.space !== space()) return watch(holder, path);
  try {
    process.kill(pid, 0);
  } catch (error) {
    // A process of another user's may not be signalled, but it is there.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return true;
  }
  const now = beginning(pid);
  return began !== null && now !== null && began !== now;
}

async function isSilent(path: string, patience: number): Promise<boolean> {
  const first = await touched(path);
  for (const start = performance.now(); performance.now() - start < patience; ) {
    await sleep(Math.min(1000, patience / 10));
    if ((await touched(path)) !== first) return false;
  }
  return true;
}

/**
 * When a file was last touched; null if it is not there. It is opened, for a network's file system may remember what it
 * said of one before.
 * @throws RunError if it cannot be opened: that is no sign of silence.
 */
async function touched(path: string): Promise<number | null> {
  try {
    const file = await open(path);
    return await file
      .stat()
      .then(({ mtimeMs }) => mtimeMs)
      .finally(() => file.close());
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw unreadable(path, cause);
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
