import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openStore } from "../../ts/store/node/openStore.js";
import { inProcess } from "./run.js";

const spec = {
  network: { layers: [100], activation: "linear", loss: "mse", bias: false, init: "ntk" },
  noise: [{ layer: 0, nodes: 1 }],
  data: { name: "linear-regression", inputs: 1, train: 200, slope: 1 },
  optimizer: { learningRate: 0.05, batchSize: "full" },
  steps: 300,
  sweep: {
    "noise.0.sigma": "1:10:4",
    refine: { precision: 0.1, boundaries: ["catapult"] },
  },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ninscope-merge-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const place = (name: string) => join(folder, name);

async function told(...args: string[]): Promise<any> {
  const { code, out, err } = await inProcess([...args, "--json"]);
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out);
}

it("merge keeps the runs that refinement added, and says when some of them are missing", async () => {
  await writeFile(place("spec.json"), JSON.stringify(spec));
  const whole = await told("sweep", place("spec.json"), "--workers", "0", "--out", place("whole"));
  expect(whole.runs.length).toBeGreaterThan(4);
  const merged = await told("merge", place("whole"), "--out", place("merged"));
  expect(merged).toEqual({ ...whole, missing: 0 });

  // The last run of the last round is lost.
  const journal = join(place("whole"), "journal.jsonl");
  const lines = (await readFile(journal, "utf8")).trimEnd().split("\n");
  await writeFile(journal, `${lines.slice(0, -1).join("\n")}\n`);
  const part = await inProcess(["merge", place("whole"), "--out", place("part")]);
  expect(part.err).toContain("1 run is missing");
  const resumed = ["sweep", "--resume", "--workers", "0", "--out", place("part")];
  expect((await told(...resumed)).resultsHash).toBe(whole.resultsHash);
});

const small = {
  network: { layers: [8] },
  data: { name: "gaussian-mixture", inputs: 4, classes: 2, train: 40, test: 20 },
  optimizer: { batchSize: 20 },
  epochs: 2,
  sweep: { "noise.0.sigma": [1, 10, 300] },
};

async function written(name: string, value: unknown): Promise<string> {
  await writeFile(place(name), JSON.stringify(value));
  return place(name);
}

function shard(path: string, part: string, out: string, ...more: string[]): Promise<any> {
  return told("sweep", path, "--workers", "0", "--shard", part, "--out", place(out), ...more);
}

async function refused(...args: string[]): Promise<string> {
  const { code, out, err } = await inProcess(args);
  expect([code, out]).toEqual([2, ""]);
  expect(err.trimEnd().split("\n")).toHaveLength(1);
  return err;
}

it("merge takes parts that overlap, an empty one, and a second time the folder that it made", async () => {
  const path = await written("small.json", small);
  const whole = await told("sweep", path, "--workers", "0");
  expect((await shard(path, "5/8", "parts/5")).runs).toEqual([]);
  await shard(path, "0/2", "parts/0");
  await shard(path, "1/2", "parts/1");
  await shard(path, "2/3", "parts/2");
  const names = ["0", "1", "2", "5"].map((name) => place(`parts/${name}`));
  const merge = ["merge", ...names, "--out", place("parts/all")];
  const once = await told(...merge);
  expect([once.resultsHash, once.missing]).toEqual([whole.resultsHash, 0]);
  expect(await told(...merge, place("parts/all"))).toEqual(once);
  const lines = (await readFile(join(place("parts/all"), "journal.jsonl"), "utf8")).trimEnd();
  expect(lines.split("\n")).toHaveLength(3);
});

it("merge reads its parts, and leaves them alone: one may be another's", async () => {
  const path = await written("held.json", { ...small, seed: 1 });
  await shard(path, "0/1", "held");
  const store = await openStore(place("held"));
  const before = await readdir(place("held"));
  const merged = await inProcess(["merge", place("held"), "--out", place("copied")]);
  expect(merged.code).toBe(0);
  expect(await readdir(place("held"))).toEqual(before);
  await store.close();
});

it("merge refuses parts that different machines made, or on different data, before it writes anything", async () => {
  const path = await written("mixed.json", { ...small, seed: 2 });
  await shard(path, "0/2", "mixed/0");
  await shard(path, "1/2", "mixed/1", "--backend", "reference");
  const merge = ["merge", place("mixed/0"), place("mixed/1"), "--out", place("mixed/all")];
  expect(await refused(...merge)).toMatch(
    /mixed\/1 has runs made by reference \(\w+\), \S+mixed\/0 by wasm \(baseline\); takes shards/,
  );
  expect(await readdir(place("mixed/all"))).toEqual(["figures"]);
  // Made again, the last of a folder counts.
  await shard(path, "1/2", "mixed/1");
  expect((await told(...merge)).missing).toBe(0);

  const csv = join(folder, "numbers.csv");
  const rows = (shift: number) =>
    `a,b,y\n${Array.from({ length: 40 }, (_, i) => `${i % 7},${(i + shift) % 5},${i % 2}`).join("\n")}\n`;
  const data = { name: "csv", path: csv, task: "classification" };
  const read = await written("csv.json", { ...small, data });
  for (const i of [0, 1]) {
    await writeFile(csv, rows(i));
    await shard(read, `${i}/2`, `csv/${i}`);
  }
  expect(await refused("merge", place("csv/0"), place("csv/1"), "--out", place("csv/all"))).toMatch(
    /csv\/1 has runs made on data csv of SHA-256 \w+\.\.\., \S+csv\/0 of \w+\.\.\.; takes/,
  );
});

it("a sweep that is resumed goes on on the machine that it began on, unless another is asked for", async () => {
  const path = await written("machine.json", { ...small, seed: 3 });
  const out = place("machine");
  await shard(path, "0/2", "machine", "--backend", "reference");
  const resumed = ["sweep", "--resume", "--workers", "0", "--out", out];
  const { runs } = await told(...resumed);
  expect(runs.map(({ backend }: { backend: string }) => backend)).toEqual(
    Array(3).fill("reference"),
  );
  const journal = async () => (await readFile(join(out, "journal.jsonl"), "utf8")).split("\n");
  expect(await journal()).toHaveLength(4);
  await told(...resumed, "--backend", "wasm");
  expect(await journal()).toHaveLength(7);
});

it("a folder that does not say what its results are of is told apart from one without any", async () => {
  const path = await written("spec.json", { ...small, seed: 4 });
  const sweep = ["sweep", "--workers", "0", "--out", place("spec")];
  const { resultsHash } = await told(...sweep, path);
  await writeFile(join(place("spec"), "experiment.json"), '{"network":');
  expect(await refused(...sweep, "--resume")).toMatch(/experiment\.json.* is missing or damaged/);
  expect((await told(...sweep, path, "--resume")).resultsHash).toBe(resultsHash);
});

it("a sweep does not go on with the folder of a single run", async () => {
  const { sweep: _, ...one } = small;
  const path = await written("one.json", one);
  await told("train", path, "--out", place("one"));
  expect(await refused("sweep", "--resume", "--out", place("one"))).toMatch(
    /it holds a single run, which `ninscope train --resume` continues/,
  );
});
