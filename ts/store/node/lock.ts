import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { type FileHandle, link, open, readFile, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RunError } from "../../errors/errors.js";
import { isOutOfFiles, unreadable, unwritable } from "./atomic.js";

/** The process that holds a lock. */
interface Holder {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  /** The namespace that the pid belongs to (containers have their own); null where there are none. */
  readonly space: string | null;
  /** When the process began, in the kernel's clock ticks, because pids are reused; null if unknown. */
  readonly began: string | null;
  readonly since: string;
}

/**
 * In milliseconds: how often a holder refreshes its lock, and how long a lock is watched before its holder counts as
 * dead.
 */
interface Times {
  readonly beat: number;
  readonly patience: number;
}
const TIMES: Times = { beat: 5000, patience: 30_000 };

/** Whether a holder does not refresh its lock. It is used for holders whose process cannot be checked. */
type Watch = (holder: Holder, path: string) => Promise<boolean>;

export interface Lock {
  /**
   * @throws RunError if this process no longer holds the lock: another process took it over, or somebody deleted it.
   */
  check(): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes a folder's lock. The lock is a file that names its holder, who refreshes it every few seconds. If the holder no
 * longer exists, the lock is taken over. A process on this host is checked directly. A process on another host cannot
 * be checked, so the lock is watched: if it is not refreshed, it is taken over. No clock is compared with another
 * host's.
 * @param say receives a line if the lock has to be watched.
 * @throws RunError that names the holder, if it is alive.
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
    space: pidNamespace(),
    began: startTime(pid),
    since,
  };
  const watch: Watch = ({ pid: theirs, host }, file) => {
    const seconds = Math.round(times.patience / 1000);
    say(
      `${folder} was held by process ${theirs} on ${host}: waiting ${seconds} s to see if it still is`,
    );
    return isSilent(file, times.patience);
  };
  const taken = await take(path, holder, watch);
  if ("other" in taken) {
    const { pid: theirs, host, since } = taken.other;
    throw new RunError(`${folder} has been held by process ${theirs} on ${host} since ${since}`);
  }
  const { file } = taken;
  // The open file is this process' own lock even if the name now belongs to another one, so it never refreshes another
  // holder's.
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
      // Too many open files. `stat` needs no further one.
      const [named, own] = await Promise.all([stat(path).catch(() => null), file.stat()]);
      return named?.ino === own.ino && named.dev === own.dev;
    }
  };
  return {
    async check() {
      if (await isOurs()) return;
      throw new RunError(
        `${folder} is no longer held by this process: its lock was taken or deleted`,
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

/** Makes `path` a file that names `holder` and returns it open; or returns the other holder, if that is alive. */
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
      // `link` fails if the name exists, and it is atomic, unlike creating a file and writing to it.
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
 * Replaces the lock of a dead holder with `own`, unless another process has already done so. Several processes may try
 * this at once, so each must first take a lock on the replacement itself. Without that, one could remove the lock that
 * another has just made.
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
 * Reads a lock file.
 * @returns undefined if there is no file; null if it does not hold a lock's contents, so that no writer of ours made
 * it.
 * @throws RunError if it cannot be read: its maker, such as another user, may hold the folder.
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

/** Whether the holder certainly no longer exists. */
async function isGone(holder: Holder, path: string, watch: Watch): Promise<boolean> {
  const { pid, host, began } = holder;
  if (host !== hostname() || holder.space !== pidNamespace()) return watch(holder, path);
  try {
    process.kill(pid, 0);
  } catch (error) {
    // `ESRCH`: there is no such process. Other errors mean that it exists but may not be signalled (another user's).
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return true;
  }
  const now = startTime(pid);
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
 * The modification time of a file in milliseconds; null if there is no file. The file is opened for this, because a
 * network file system may return a cached time for a path.
 * @throws RunError if it cannot be opened, which does not mean that the holder is silent.
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

function pidNamespace(): string | null {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return null;
  }
}

/**
 * The start time of a process: field 22 of Linux's `/proc/<pid>/stat`. The name in field 2 may contain anything, so
 * fields are counted from the last `)`.
 */
function startTime(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return null;
  }
}
