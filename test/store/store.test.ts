import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InputError, RunError } from "../../ts/errors/errors.js";
import type { SweepInput } from "../../ts/experiment/sweep.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { takeLock } from "../../ts/store/node/lock.js";
import { openStore } from "../../ts/store/node/openStore.js";
import type { Storage } from "../../ts/store/storage.js";
import { Store } from "../../ts/store/store.js";
import { sweep } from "../../ts/sweep/sweep.js";

const kernels = await loadKernels();

const spec: SweepInput = {
  network: { layers: [8] },
  data: { name: "gaussian-mixture", inputs: 4, classes: 2, train: 40, test: 20 },
  optimizer: { batchSize: 20 },
  epochs: 3,
  sweep: { "noise.0.sigma": [1, 300, 1e20] },
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ninscope-store-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A finished sweep in the folder; returns its hash. */
async function finished(): Promise<string> {
  const store = await openStore(folder);
  const { resultsHash } = await sweep(spec, { kernels, store });
  await store.close();
  return resultsHash;
}

describe("a store in a folder", () => {
  it("gives back runs bit for bit, numbers that JSON does not have too", async () => {
    const first = await openStore(folder);
    const made = await sweep(spec, { kernels, store: first });
    await first.close();
    const second = await openStore(folder);
    expect(second.size).toBe(3);
    for (const { fields: _, trajectory, ...summary } of made.runs) {
      expect(second.get(summary.key)).toEqual(summary);
      expect(await second.trajectory(summary.key)).toEqual(trajectory);
    }
    expect(made.runs.some(({ final }) => Number.isNaN(final.unperturbedLoss))).toBe(true);
    await second.close();
  });

  it("goes on after a torn last line, and makes that run alone again", async () => {
    const hash = await finished();
    const journal = join(folder, "journal.jsonl");
    const { length } = await readFile(journal);
    await truncate(journal, length - 25);
    const store = await openStore(folder);
    expect([store.size, store.ignored]).toEqual([2, 1]);
    const again = await sweep(spec, { kernels, store });
    await store.close();
    expect(again.resultsHash).toBe(hash);
    const whole = await openStore(folder);
    expect([whole.size, whole.ignored]).toEqual([3, 1]);
    await whole.close();
  });

  it("writes a line of 300,000 characters behind a torn one", async () => {
    await finished();
    const journal = join(folder, "journal.jsonl");
    await truncate(journal, (await readFile(journal)).length - 25);
    const store = await openStore(folder);
    const { runs } = await sweep(spec, { kernels, workers: 0 });
    const [lost] = runs.filter(({ key }) => !store.get(key));
    const { fields: _, ...run } = lost;
    const why = "x".repeat(300_000);
    await store.put({ ...run, backend: { ...run.backend, why } });
    await store.close();
    const whole = await openStore(folder);
    expect([whole.size, whole.ignored]).toEqual([3, 1]);
    expect(whole.get(run.key)?.backend.why).toBe(why);
    await whole.close();
  });

  it("makes a run again whose trajectory is damaged", async () => {
    const hash = await finished();
    const pack = join(folder, "trajectories.pack");
    const bytes = await readFile(pack);
    const lines = (await readFile(join(folder, "journal.jsonl"), "utf8")).split("\n");
    const { run } = lines.slice(0, 3).map((line) => JSON.parse(line))[0];
    // A bit of the last number of a run that is finite to its end.
    expect(run.final.effectiveNiw).toBeGreaterThan(0);
    bytes[run.offset + run.bytes - 5] ^= 1;
    await writeFile(pack, bytes);
    const store = await openStore(folder);
    const lost = await Promise.all(store.keys().map((key) => store.trajectory(key)));
    expect(lost.filter((trajectory) => trajectory === null).length).toBe(1);
    expect((await sweep(spec, { kernels, store })).resultsHash).toBe(hash);
    const kept = await Promise.all(store.keys().map((key) => store.trajectory(key)));
    expect(kept).not.toContain(null);
    await store.close();
  });

  it("has a run once, however often it is put there", async () => {
    const hash = await finished();
    const store = await openStore(folder);
    const [key] = store.keys();
    const [summary, trajectory] = [store.get(key), await store.trajectory(key)];
    if (!summary || !trajectory) throw new Error("the run is not there");
    await Promise.all([1, 2, 3].map(() => store.put({ ...summary, trajectory })));
    await store.close();
    const lines = (await readFile(join(folder, "journal.jsonl"), "utf8")).trim().split("\n");
    expect(lines.length).toBe(3);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it("stops a sweep that it cannot keep, says why, and loses nothing that it had", async () => {
    const store = await openStore(folder);
    await sweep({ ...spec, sweep: { "noise.0.sigma": [1] } }, { kernels, store });
    await store.close();
    // A disk that is full in the middle of a line.
    const disk = fullDisk(await readFile(join(folder, "journal.jsonl")));
    const broken = sweep(spec, { kernels, store: await Store.open(disk) });
    await expect(broken).rejects.toThrow("the disk is full");
    await appendFile(join(folder, "journal.jsonl"), disk.written.subarray(0, 30));
    const after = await openStore(folder);
    expect([after.size, after.ignored]).toEqual([1, 1]);
    const whole = await sweep(spec, { kernels, store: after });
    await after.close();
    expect(whole.resultsHash).toBe((await sweep(spec, { kernels })).resultsHash);
  });

  it("clears away what a process that was killed had begun to write", async () => {
    await finished();
    const parts = ["summary.json.1.part", "checkpoints/a.2.part", "figures/b.svg.3.part"];
    await mkdir(join(folder, "checkpoints"));
    for (const part of parts) await writeFile(join(folder, part), "half of i");
    await (await openStore(folder)).close();
    const left = await readdir(folder, { recursive: true });
    expect(left.filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  it("leaves no part files, locks or handles behind", async () => {
    await finished();
    expect((await readdir(folder)).sort()).toEqual([
      "figures",
      "journal.jsonl",
      "trajectories.pack",
    ]);
  });

  it("is not made in a folder of other things", async () => {
    await writeFile(join(folder, "thesis.tex"), "");
    await expect(openStore(folder)).rejects.toThrow(InputError);
  });
});

describe("the lock", () => {
  it("tells a second writer who holds it", async () => {
    const store = await openStore(folder);
    await expect(openStore(folder)).rejects.toThrow(
      new RegExp(`has been held by process ${process.pid} on ${hostname()} since 20`),
    );
    await store.close();
    await (await openStore(folder)).close();
  });

  it("is taken over from a process that is dead, or whose pid another has", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    const stale = [
      { pid: child.pid, began: "1" },
      { pid: process.pid, began: "not when this process began" },
    ];
    const space = await readlink("/proc/self/ns/pid").catch(() => null);
    for (const holder of stale) {
      const lock = { id: "stale", host: hostname(), space, since: "then", ...holder };
      await writeFile(join(folder, "lock"), JSON.stringify(lock));
      await (await openStore(folder)).close();
    }
    await writeFile(join(folder, "lock"), "half a lo");
    await (await openStore(folder)).close();
  });

  it("of another machine is left alone as long as it is touched, and then taken over", async () => {
    const elsewhere = { id: "theirs", pid: 1, host: "elsewhere", began: null, since: "2026-01-01" };
    const path = join(folder, "lock");
    await writeFile(path, JSON.stringify(elsewhere));
    // The first waits until it sees the lock touched, however long this busy machine takes over it.
    const [long, short] = [600_000, 500].map((patience) => ({ beat: 20, patience }));
    const beating = setInterval(() => utimes(path, new Date(), new Date()), 20);
    const said: string[] = [];
    const say = (line: string) => said.push(line);
    await expect(takeLock(folder, say, long)).rejects.toThrow(/process 1 on elsewhere since 2026/);
    clearInterval(beating);
    const ours = await takeLock(folder, say, short);
    expect(said).toHaveLength(2);
    expect(said[0]).toMatch(/was held by process 1 on elsewhere: /);
    await ours.check();
    // One of ours is touched for as long as we hold it.
    const touched = async () => (await stat(path)).mtimeMs;
    const before = await touched();
    while ((await touched()) === before) await sleep(5);
    await ours.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it("that was taken from its holder keeps it from writing any more", async () => {
    const hash = await finished();
    const store = await openStore(folder);
    const before = await readFile(join(folder, "journal.jsonl"));
    await writeFile(join(folder, "lock"), JSON.stringify({ id: "another" }));
    const more = { ...spec, seed: 7 };
    await expect(sweep(more, { kernels, store })).rejects.toThrow(/no longer held by this process/);
    await store.close();
    expect(await readFile(join(folder, "journal.jsonl"))).toEqual(before);
    // Nor does it take away what is another's.
    expect(await readFile(join(folder, "lock"), "utf8")).toContain("another");
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it("goes to one of many that want it at once, whatever was left there", async () => {
    const space = await readlink("/proc/self/ns/pid").catch(() => null);
    const dead = { id: "dead", pid: 2 ** 30, host: hostname(), space, began: "1", since: "then" };
    for (let round = 0; round < 40; round++) {
      await writeFile(join(folder, "lock"), round % 2 ? JSON.stringify(dead) : "half a lo");
      const tries = await Promise.allSettled([1, 2, 3, 4, 5, 6].map(() => openStore(folder)));
      const won = tries.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
      expect(won.length).toBe(1);
      for (const result of tries) {
        if (result.status === "rejected") expect(result.reason).toBeInstanceOf(RunError);
      }
      await won[0].close();
    }
    expect(await readdir(folder)).toEqual(["figures"]);
  });
});

/** A disk that holds a journal, and has no room for more. */
function fullDisk(journal: Uint8Array): Storage & { written: Uint8Array } {
  return {
    name: "full",
    written: new Uint8Array(0),
    read: async (file) => (file === "journal.jsonl" ? journal : null),
    readRange: async () => new Uint8Array(0),
    size: async () => 0,
    async append(file, bytes) {
      if (file !== "journal.jsonl") return;
      this.written = bytes;
      throw new RunError(`${file} could not be written: the disk is full`);
    },
    write: async () => {},
    remove: async () => {},
    check: async () => {},
    close: async () => {},
  };
}
