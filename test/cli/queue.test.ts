import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../ts/jobs/node/queue/connect.js";
import { hasRedis, RedisServer } from "../support/redis.js";
import { inProcess } from "./run.js";

const run = promisify(execFile);
const CLI = "dist/cli.js";

/** `NINSCOPE_SOAK=full` is the scale that is promised; the other fits into every run of the tests. */
const FULL = process.env.NINSCOPE_SOAK === "full";
const [RUNS, WORKER_KILLS, COORDINATOR_KILLS, PAUSE] = FULL ? [500, 12, 2, 4000] : [24, 1, 1, 1500];

const spec = (runs: number, epochs = 60) => ({
  network: { layers: [64, 64] },
  data: { name: "gaussian-mixture", inputs: 32, classes: 4, train: 400, test: 50 },
  optimizer: { learningRate: 0.05, batchSize: 10 },
  epochs,
  record: { dense: 200 },
  sweep: { "noise.0.sigma": `0.1:300:${runs / 4}`, repeats: 4 },
});

const redisHere = hasRedis();

describe.skipIf(!redisHere)("a sweep over a queue (skipped where there is no redis-server)", () => {
  let folder: string;
  let redis: RedisServer;
  const children = new Set<ChildProcess>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ninscope-queue-"));
    redis = await RedisServer.start();
  });
  afterEach(async () => {
    for (const child of children) await killed(child);
  });
  afterAll(async () => {
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const place = (name: string) => join(folder, name);

  function started(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
    const child = spawn(process.execPath, [CLI, ...args], { env: { ...process.env, ...env } });
    children.add(child);
    return child;
  }

  const worker = (env?: Record<string, string>) =>
    started(["worker", "--queue", redis.url, "--workers", "1"], env);

  async function killed(child: ChildProcess): Promise<void> {
    children.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  async function written(name: string, value: unknown): Promise<string> {
    await writeFile(place(name), JSON.stringify(value));
    return place(name);
  }

  /** The hash of a sweep's results that one thread makes, here. */
  async function hashAlone(path: string): Promise<string> {
    const { out } = await inProcess(["sweep", path, "--workers", "0", "--json"]);
    return JSON.parse(out).resultsHash;
  }

  async function keysIn(out: string): Promise<string[]> {
    const text = await readFile(join(place(out), "journal.jsonl"), "utf8").catch(() => "");
    return text.split("\n").flatMap((line) => {
      try {
        return [JSON.parse(line).key as string];
      } catch {
        return [];
      }
    });
  }

  /** How many jobs stand in a list of the queue's. */
  async function jobs(url: string, list: "wait" | "active"): Promise<number> {
    const { bullmq, redis: client } = await connect(url, () => {});
    const queue = new bullmq.Queue("ninscope", { connection: client });
    const counts = await queue.getJobCounts(list);
    await queue.close();
    client.disconnect();
    return counts[list];
  }

  async function moved(out: string, from: number): Promise<void> {
    while ((await keysIn(out)).length <= from) await sleep(50);
  }

  it(`survives ${WORKER_KILLS} kills of workers, ${COORDINATOR_KILLS} of the coordinator and one of Redis: each of ${RUNS} runs once, same bits`, {
    timeout: FULL ? 3_600_000 : undefined,
  }, async () => {
    const path = await written("soak.json", spec(RUNS));
    const args = ["sweep", path, "--queue", redis.url, "--out", place("soak"), "--json"];
    const workers = [worker(), worker()];
    let coordinator = started(args);
    for (let kill = 0; kill < Math.max(WORKER_KILLS, COORDINATOR_KILLS); kill++) {
      await moved("soak", (await keysIn("soak")).length);
      await sleep(Math.random() * PAUSE);
      if (kill < WORKER_KILLS) {
        await killed(workers[kill % 2]);
        workers[kill % 2] = worker();
      }
      if (kill < COORDINATOR_KILLS) {
        await killed(coordinator);
        coordinator = started(args);
      }
      if (kill === 0) {
        await redis.kill();
        await sleep(500);
        await redis.up();
      }
    }
    let stdout = "";
    coordinator.stdout?.on("data", (text) => {
      stdout += text;
    });
    await once(coordinator, "exit");
    for (const child of workers) await killed(child);
    const { resultsHash, runs, failed } = JSON.parse(stdout);
    expect([runs.length, failed]).toEqual([RUNS, []]);
    const keys = await keysIn("soak");
    expect([keys.length, new Set(keys).size]).toEqual([RUNS, RUNS]);
    expect(resultsHash).toBe(await hashAlone(path));
  });

  it("keeps what workers finish while there is no coordinator, and finds it beside what others left", async () => {
    const asked = async (name: string, epochs: number) => {
      const path = await written(`${name}.json`, spec(8, epochs));
      return ["sweep", path, "--queue", redis.url, "--out", place(name), "--quiet"];
    };
    const [alone, left] = [await asked("alone", 20), await asked("left", 19)];
    const one = worker();
    let done = 0;
    one.stderr?.on("data", (text) => {
      done += String(text).split(" done, ").length - 1;
    });
    for (const [args, out, total] of [
      [alone, "alone", 8],
      [left, "left", 16],
    ] as const) {
      const coordinator = started(args);
      await moved(out, 0);
      await killed(coordinator);
      while (done < total) await sleep(50);
    }
    await killed(one);
    await run(process.execPath, [CLI, ...alone]);
    expect((await keysIn("alone")).length).toBe(8);
  });

  it("goes on from a shared checkpoint where its worker was killed, to the same bits", async () => {
    const path = await written("takeover.json", { ...spec(4, 1000), sweep: { seed: [0] } });
    const [shared, out] = [place("shared"), place("takeover")];
    const careful = () =>
      started([
        ...["worker", "--queue", redis.url, "--workers", "1"],
        ...["--checkpoints", shared, "--checkpoint-every", "0.05"],
      ]);
    const coordinator = started(["sweep", path, "--queue", redis.url, "--out", out, "--json"]);
    let stdout = "";
    coordinator.stdout?.on("data", (text) => {
      stdout += text;
    });
    const first = careful();
    const saved = async () =>
      (await readdir(shared).catch(() => [])).some((name) => name.endsWith(".safetensors"));
    while (!(await saved())) await sleep(5);
    await killed(first);
    expect(await keysIn("takeover")).toEqual([]);
    let said = "";
    careful().stderr?.on("data", (text) => {
      said += text;
    });
    await once(coordinator, "close");
    expect(Number(/continues from step (\d+)/.exec(said)?.[1])).toBeGreaterThan(0);
    expect(JSON.parse(stdout).resultsHash).toBe(await hashAlone(path));
    expect((await readdir(shared)).filter((name) => name.endsWith(".safetensors"))).toEqual([]);
  });

  it("is refused by workers that have not the sweep's data, or others; another makes it", async () => {
    const rows = (shift: number) =>
      `a,b,y\n${Array.from({ length: 60 }, (_, i) => `${i % 7},${(i + shift) % 5},${i % 2}`).join("\n")}\n`;
    const data = { name: "csv", path: "numbers.csv", task: "classification" };
    const base = { ...spec(4, 2), data, sweep: { seed: [0, 1] } };
    const [right, wrong, none] = await Promise.all(
      ["right-", "wrong-", "none-"].map((name) => mkdtemp(place(name))),
    );
    const path = join(right, "csv.json");
    await writeFile(path, JSON.stringify(base));
    await writeFile(join(right, "numbers.csv"), rows(0));
    await writeFile(join(wrong, "numbers.csv"), rows(1));
    const cli = join(process.cwd(), CLI);
    const at = (cwd: string, ...args: string[]) => {
      const child = spawn(process.execPath, [cli, ...args], { cwd });
      children.add(child);
      return child;
    };
    // Paths count from the sweep's file, wherever the programs run.
    const coordinator = at(none, "sweep", path, "--queue", redis.url, "--json");
    const worker = (...more: string[]) => at(none, "worker", "--queue", redis.url, ...more);
    const refused = async (folder: string) => {
      const bad = worker("--data", folder);
      let said = "";
      bad.stderr?.on("data", (text) => {
        said += text;
      });
      const [code] = await once(bad, "exit");
      expect(code).toBe(2);
      return said;
    };
    expect(await refused(wrong)).toMatch(
      /data csv on \S+ has SHA-256 \w+\.\.\., the sweep's has \w+\.\.\./,
    );
    expect(await refused(none)).toMatch(/does not have the sweep's data: .*there is no such file/);
    worker();
    let stdout = "";
    coordinator.stdout?.on("data", (text) => {
      stdout += text;
    });
    await once(coordinator, "exit");
    const { runs, failed } = JSON.parse(stdout);
    expect([runs.length, failed]).toEqual([2, []]);
  });

  it("is made for two who ask for it at once, over a server that forgets all it was told", async () => {
    const forgetful = await RedisServer.start("no");
    try {
      const path = await written("twice.json", spec(40, 10));
      const asked = ["first", "second"].map((name) => {
        const args = ["sweep", path, "--queue", forgetful.url, "--out", place(name), "--json"];
        return { name, child: started(args) };
      });
      const results = asked.map(async ({ child }) => {
        let stdout = "";
        child.stdout?.on("data", (text) => {
          stdout += text;
        });
        await once(child, "close");
        return JSON.parse(stdout).resultsHash;
      });
      started(["worker", "--queue", forgetful.url, "--workers", "1"]);
      await moved("first", 2);
      await forgetful.kill();
      await forgetful.up();
      const made = await Promise.all(results);
      const want = await hashAlone(path);
      expect(made).toEqual([want, want]);
      for (const { name } of asked) expect((await keysIn(name)).length).toBe(40);
    } finally {
      await forgetful.stop();
    }
  });

  it("interrupted, takes back what nobody has begun", async () => {
    // Of other length than the runs of other tests, whose results may be in the queue still.
    const path = await written("back.json", spec(8, 61));
    const coordinator = started(["sweep", path, "--queue", redis.url]);
    let said = "";
    coordinator.stderr?.on("data", (text) => {
      said += text;
    });
    while ((await jobs(redis.url, "wait")) < 8) await sleep(50);
    while (!said.includes("the queue has no workers")) await sleep(20);
    coordinator.kill("SIGINT");
    expect(await once(coordinator, "exit")).toEqual([130, null]);
    expect(await jobs(redis.url, "wait")).toBe(0);
  });

  it("is left at once on Ctrl-C when the server is away", async () => {
    const gone = await RedisServer.start();
    const path = await written("gone.json", spec(8, 100_000));
    const both = [
      started(["worker", "--queue", gone.url, "--workers", "1"]),
      started(["sweep", path, "--queue", gone.url]),
    ];
    const said = ["", ""];
    both.forEach((child, i) => {
      child.stderr?.on("data", (text) => {
        said[i] += text;
      });
    });
    while ((await jobs(gone.url, "active")) === 0) await sleep(50);
    await gone.stop();
    while (!said.every((text) => /ECONNREFUSED/.test(text))) await sleep(20);
    const exits = both.map((child) => once(child, "exit"));
    for (const child of both) child.kill("SIGINT");
    expect(await Promise.all(exits)).toEqual([
      [130, null],
      [130, null],
    ]);
  });

  it("tells of runs that fail on workers as of those that fail here", async () => {
    const path = await written("fail.json", {
      ...spec(4, 2),
      sweep: { "optimizer.batchSize": [10, 1000] },
    });
    const one = worker();
    const args = [CLI, "sweep", path, "--queue", redis.url, "--json"];
    const result = await run(process.execPath, args).catch((error) => error);
    await killed(one);
    expect(result.code).toBe(1);
    expect(JSON.parse(result.stderr).error).toMatch(
      /^1 of 2 runs failed.*optimizer.batchSize is 1000/,
    );
    expect(JSON.parse(result.stdout).failed).toHaveLength(1);
  });

  it.each(["http://127.0.0.1", "redis://127.0.0.1:99999"])(
    "at %s says what an address is",
    async (url) => {
      const { code, err } = await inProcess(["worker", "--queue", url]);
      expect([code, err]).toEqual([2, expect.stringContaining("takes redis://host:port")]);
    },
  );

  it("at an address where nothing listens says so, and ends", async () => {
    const ended = run(process.execPath, [CLI, "worker", "--queue", "redis://127.0.0.1:1"]);
    const { code, stderr } = await ended.catch((error) => error);
    const message = "no queue at 127.0.0.1:1: connect ECONNREFUSED";
    expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
  });
});
