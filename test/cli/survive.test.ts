import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeTensors } from "../../ts/format/safetensors.js";
import { inProcess } from "./run.js";

const run = promisify(execFile);
const CLI = "dist/cli.js";

/** `NINSCOPE_SOAK=full` is the scale that is promised; the other fits into every run of the tests. */
const FULL = process.env.NINSCOPE_SOAK === "full";
const [RUNS, KILLS, WORKER_KILLS] = FULL ? [2000, 20, 50] : [40, 2, 3];

/** Runs of some 30 ms with momentum, so that checkpoints hold velocities; a few diverge. */
const spec = (runs: number) => ({
  network: { layers: [32, 32] },
  data: { name: "gaussian-mixture", inputs: 16, classes: 4, train: 200, test: 50 },
  optimizer: { learningRate: 0.05, batchSize: 10, momentum: 0.5 },
  epochs: 12,
  sweep: { "noise.0.sigma": `0.1:1000:${runs / 4}`, repeats: 4 },
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ninscope-survive-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const place = (name: string) => join(folder, name);

async function written(name: string, value: unknown): Promise<string> {
  await writeFile(place(name), JSON.stringify(value));
  return place(name);
}

/** Keys of a journal's whole lines. */
async function keysIn(out: string): Promise<string[]> {
  const text = await readFile(join(out, "journal.jsonl"), "utf8");
  return text.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line).key as string];
    } catch {
      return [];
    }
  });
}

/** What a command that nothing disturbs says as JSON. It is run in this process, which saves the start of another. */
async function told(...args: string[]): Promise<any> {
  const { code, out, err } = await inProcess([...args, "--json"]);
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out);
}

/** Kills without warning, and waits until it is gone. */
async function killed(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

describe("a sweep of many runs", () => {
  it(`survives ${KILLS} kills of its process and ${WORKER_KILLS} of its workers: each of ${RUNS} runs once, same bits`, {
    timeout: FULL ? 3_600_000 : undefined,
  }, async () => {
    const path = await written("soak.json", spec(RUNS));
    const { resultsHash: want } = await told("sweep", path, "--workers", "0");
    const out = place("soak");
    let workerKills = 0;
    const started = () => {
      const args = ["test/support/soakSweep.mjs", path, out];
      const share = Math.ceil(WORKER_KILLS / KILLS);
      const child = spawn(process.execPath, [...args, String(share)]);
      child.stderr.on("data", (text) => {
        workerKills += String(text).split("x").length - 1;
      });
      return child;
    };
    const size = () =>
      stat(join(out, "journal.jsonl")).then(
        ({ size: n }) => n,
        () => 0,
      );
    for (let kill = 0; kill < KILLS; kill++) {
      const child = started();
      const before = await size();
      // At a random moment of a process that does something: each has to get a little further, or has ended.
      while ((await size()) === before && child.exitCode === null) await sleep(5);
      await sleep(Math.random() * (FULL ? 2000 : 400));
      await killed(child);
    }
    const last = started();
    const [hash] = await once(last.stdout, "data");
    await once(last, "exit");
    expect(String(hash).trim()).toBe(want);
    const keys = await keysIn(out);
    expect(new Set(keys).size).toBe(RUNS);
    expect(keys.length).toBe(RUNS);
    console.log(`${KILLS} kills of the process, ${workerKills} of workers, ${RUNS} runs`);
    expect(workerKills).toBeGreaterThanOrEqual(FULL ? WORKER_KILLS : 1);
    expect(await readdir(join(out, "checkpoints"))).toEqual([]);
    expect((await readdir(out)).filter((name) => /lock|part$/.test(name))).toEqual([]);
  });
});

describe("ninscope sweep --resume", () => {
  it("goes on after a kill, without being told the sweep again, and writes all that a whole one does", async () => {
    const path = await written("resume.json", spec(24));
    const sweep = [CLI, "sweep", path, "--workers", "1", "--out"];
    await told("sweep", path, "--workers", "0", "--out", place("whole"));
    const child = spawn(process.execPath, [...sweep, place("cut")], { stdio: "ignore" });
    while ((await keysIn(place("cut")).catch(() => [])).length < 3) await sleep(10);
    await killed(child);
    const before = await keysIn(place("cut"));
    await run(process.execPath, [CLI, "sweep", "--resume", "--out", place("cut")]);
    expect((await keysIn(place("cut"))).slice(0, before.length)).toEqual(before);
    expect((await readdir(place("cut"))).sort()).toEqual((await readdir(place("whole"))).sort());
    const summary = async (name: string) =>
      JSON.parse(await readFile(join(place(name), "summary.json"), "utf8"));
    const [cut, whole] = [await summary("cut"), await summary("whole")];
    expect(cut.resultsHash).toBe(whole.resultsHash);
    expect(cut.runs.map(({ final }: { final: unknown }) => final)).toEqual(
      whole.runs.map(({ final }: { final: unknown }) => final),
    );
  });

  it("goes on after a disk that was full: one line says so, and the folder is as good as before", async () => {
    const path = await written("full.json", { ...spec(24), record: { dense: 4000 } });
    const sweep = `${process.execPath} ${CLI} sweep ${path} --workers 1 --out ${place("full")}`;
    // A limit on the size of files stops a write in the middle, as a full disk does.
    const full = await run("bash", ["-c", `ulimit -f 96; exec ${sweep}`]).catch((error) => error);
    expect(full.code).toBe(1);
    expect(full.stderr).toMatch(/^ninscope: \S+ could not be written: .*\n$/);
    const before = await keysIn(place("full"));
    expect(before.length).toBeGreaterThan(0);
    expect(before.length).toBeLessThan(24);
    const { stdout } = await run("bash", ["-c", `${sweep} --resume --json`]);
    const whole = await told("sweep", path, "--workers", "0");
    expect(JSON.parse(stdout).resultsHash).toBe(whole.resultsHash);
    expect((await keysIn(place("full"))).length).toBe(24);
  });

  it("refuses a folder that another process writes to, and says which", async () => {
    const path = await written("held.json", { ...spec(24), epochs: 100000 });
    const args = ["sweep", path, "--workers", "1", "--out", place("held")];
    const child = spawn(process.execPath, [CLI, ...args], { stdio: "ignore" });
    while (!(await stat(join(place("held"), "experiment.json")).catch(() => null))) await sleep(10);
    const second = await inProcess(args);
    await killed(child);
    expect(second.code).toBe(1);
    expect(second.err).toContain(`has been held by process ${child.pid} on `);
  });

  it.each([
    [["--resume"], "--resume needs --out"],
    [["--resume", "--out", "nowhere-at-all"], '--out is "nowhere-at-all": it holds no results'],
    [["--shard", "4/4"], '--shard is "4/4": takes i/n with i from 0 to n - 1'],
    [["--workers", "1.5"], "--workers is 1.5: takes an integer"],
    [["--checkpoint-every", "x"], '--checkpoint-every is "x": takes a number'],
  ])("with %j says what is wrong", async (flags, message) => {
    const { code, err } = await inProcess(["sweep", ...flags]);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err.split("\n").length).toBe(2);
  });
});

describe("ninscope train --resume", () => {
  it("goes on from the last checkpoint, to the same bits", async () => {
    const { sweep: _, ...base } = spec(4);
    const path = await written("train.json", { ...base, epochs: 1500, record: { dense: 100 } });
    const train = [CLI, "train", path, "--checkpoint-every", "0.05", "--json", "--out"];
    const whole = await run(process.execPath, [...train, place("one")]);
    const child = spawn(process.execPath, [...train, place("two")], { stdio: "ignore" });
    const checkpoint = async () => {
      const names = await readdir(join(place("two"), "checkpoints")).catch(() => []);
      const name = names.find((entry) => entry.endsWith(".safetensors"));
      if (!name) return 0;
      const bytes = await readFile(join(place("two"), "checkpoints", name));
      return Number(decodeTensors(bytes, name).metadata.step);
    };
    while ((await checkpoint()) < 3000) await sleep(5);
    await killed(child);
    const step = await checkpoint();
    const resumed = await run(process.execPath, [
      ...[CLI, "train", "--resume", "--json", "--out", place("two")],
    ]);
    const [a, b] = [JSON.parse(whole.stdout), JSON.parse(resumed.stdout)];
    expect(step).toBeGreaterThanOrEqual(3000);
    expect(step).toBeLessThan(a.timing.steps);
    expect({ ...b, timing: null }).toEqual({ ...a, timing: null });
    expect(b.timing.steps).toBe(a.timing.steps);
    const parquet = (name: string) => readFile(join(place(name), "trajectory.parquet"));
    expect((await parquet("two")).equals(await parquet("one"))).toBe(true);
    expect(await readdir(join(place("two"), "checkpoints"))).toEqual([]);
  });
});

describe("shards", () => {
  it("merged, are the whole sweep; of another sweep, or incomplete, they are told apart", async () => {
    const path = await written("shards.json", spec(12));
    const sweep = (...args: string[]) => told("sweep", ...args, "--workers", "0");
    for (const i of [0, 1, 2]) {
      await sweep(path, "--shard", `${i}/3`, "--out", place(`shard${i}`));
    }
    const shards = [0, 1, 2].map((i) => place(`shard${i}`));
    const whole = await sweep(path);
    const { resultsHash, missing, runs } = await told("merge", ...shards, "--out", place("merged"));
    expect(resultsHash).toBe(whole.resultsHash);
    expect([missing, runs.length]).toEqual([0, 12]);
    const part = await inProcess(["merge", ...shards.slice(1), "--out", place("part")]);
    expect(part.err).toContain("4 runs are missing");
    expect((await sweep("--resume", "--out", place("part"))).resultsHash).toBe(resultsHash);
    const other = await written("other.json", { ...spec(12), epochs: 3 });
    await sweep(other, "--shard", "0/3", "--out", place("other"));
    const mixed = await inProcess(["merge", ...shards, place("other"), "--out", place("mixed")]);
    expect(mixed.code).toBe(2);
    expect(mixed.err).toContain("belongs to another sweep than");
  });
});
