import {
  chmod,
  link,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RunError } from "../../ts/errors/errors.js";
import { Folder } from "../../ts/store/node/folder.js";
import { takeLock } from "../../ts/store/node/lock.js";
import { openStore, readSpec } from "../../ts/store/node/openStore.js";
import type { Checkpoint } from "../../ts/train/checkpoint.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ninscope-lock-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const place = (name: string) => join(folder, name);
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

/**
 * Does `work` as a user who may write in the folder but may not read `files`. Root reads everything, so it becomes
 * somebody else; anybody else keeps himself out of his own files.
 */
async function keptOut<T>(files: readonly string[], work: () => Promise<T>): Promise<T> {
  await chmod(folder, 0o777);
  for (const file of files) await chmod(place(file), isRoot ? 0o600 : 0);
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
    for (const file of files) await chmod(place(file), 0o600);
  }
}

async function failure(work: () => Promise<unknown>): Promise<string> {
  const error = await work().catch((e: unknown) => e);
  expect(error).toBeInstanceOf(RunError);
  return (error as Error).message;
}

describe("a lock", () => {
  it("that cannot be read is left alone: another user's process may hold the folder", async () => {
    const ours = await takeLock(folder);
    const before = await readFile(place("lock"), "utf8");
    const message = await keptOut(["lock"], () => failure(() => takeLock(folder)));
    expect(message).toBe(
      `${place("lock")} could not be read: permission denied; a process of another user's may hold the folder`,
    );
    expect(await readFile(place("lock"), "utf8")).toBe(before);
    await ours.check();
    await ours.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it.runIf(isRoot)(
    "of another user's process is held while that lives, and no longer",
    async () => {
      const ours = await takeLock(folder);
      await chmod(place("lock"), 0o644);
      const held = await keptOut([], () => failure(() => takeLock(folder)));
      expect(held).toContain(`has been held by process ${process.pid} on ${hostname()} since 20`);
      // Its number is another process' by now.
      const holder = JSON.parse(await readFile(place("lock"), "utf8"));
      await ours.release();
      await writeFile(place("lock"), JSON.stringify({ ...holder, began: "1" }), { mode: 0o644 });
      const theirs = await keptOut([], () => takeLock(folder));
      await theirs.check();
      await theirs.release();
    },
  );

  it.each(["", "null", "7", "[]", "{}", '{"pid":1}', '{"id":1}', "half a lo"])(
    "that says %j is no lock, and is replaced",
    async (text) => {
      await writeFile(place("lock"), text);
      await (await takeLock(folder)).release();
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it("that was taken from its holder is not touched by it any more", async () => {
    const lock = await takeLock(folder, undefined, { beat: 20, patience: 500 });
    // Another name for the file that is touched.
    await link(place("lock"), place("own"));
    await writeFile(place("next"), JSON.stringify({ id: "successor" }));
    await rename(place("next"), place("lock"));
    const successor = (await stat(place("lock"))).mtimeMs;
    for (let touched = 0; touched < 3; touched++) {
      const before = (await stat(place("own"))).mtimeMs;
      await vi.waitUntil(async () => (await stat(place("own"))).mtimeMs !== before);
    }
    expect((await stat(place("lock"))).mtimeMs).toBe(successor);
    expect(await failure(() => lock.check())).toMatch(/is no longer held by this process/);
    await lock.release();
    expect(await readFile(place("lock"), "utf8")).toContain("successor");
  });
});

describe("a folder whose lock another process has taken", () => {
  it("keeps nothing more of ours, and loses nothing of the other's", async () => {
    const store = await openStore(folder);
    await rm(place("lock"));
    const other = await openStore(folder);
    const text = await readFile(place("lock"), "utf8");
    const key = "0".repeat(64);
    const path = place(`checkpoints/${key}.safetensors`);
    const trajectory = { steps: {}, evaluations: {} } as unknown as Checkpoint["trajectory"];
    const written = { step: 1, seconds: 0, buffers: {}, carried: {}, trajectory };
    await other.saveCheckpoint(key, written);
    const theirs = await readFile(path);
    for (const work of [
      () => store.saveCheckpoint(key, { ...written, step: 2 }),
      () => store.dropCheckpoint(key),
      () => store.check(),
    ]) {
      expect(await failure(work)).toMatch(/is no longer held by this process/);
    }
    await store.close();
    expect(await readFile(path)).toEqual(theirs);
    expect(await readFile(place("lock"), "utf8")).toBe(text);
    await other.check();
    await other.close();
  });
});

describe("a reader", () => {
  it("who may not read is told so, not that something could not be written", async () => {
    const files = ["journal.jsonl", "trajectories.pack", "experiment.json"];
    for (const file of files) await writeFile(place(file), "{}");
    const reader = Folder.reader(folder);
    await keptOut(files, async () => {
      const said = [
        await failure(() => reader.read("journal.jsonl")),
        await failure(() => reader.readRange("trajectories.pack", 0, 1)),
        await failure(() => readSpec(folder, "--out")),
      ];
      const refused = (file: string) => `${place(file)} could not be read: permission denied`;
      expect(said).toEqual(files.map(refused));
    });
    // What could not be opened once is opened the next time.
    expect(await reader.readRange("trajectories.pack", 0, 2)).toEqual(
      new TextEncoder().encode("{}"),
    );
    expect(await reader.readRange("trajectories.pack", 0, 3)).toBeNull();
    expect(await reader.readRange("nothing", 0, 3)).toBeNull();
    await reader.close();
  });
});
