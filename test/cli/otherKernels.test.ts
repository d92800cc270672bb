import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { SweepInput } from "../../ts/experiment/sweep.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { journalLine } from "../../ts/store/journal.js";
import { openStore, writeSpec } from "../../ts/store/node/openStore.js";
import { sweep } from "../../ts/sweep/sweep.js";
import { OTHER_KERNELS } from "../support/otherKernels.js";
import { asProcess, inProcess } from "./run.js";

const spec: SweepInput = {
  network: { layers: [4] },
  data: { name: "gaussian-mixture", inputs: 2, classes: 2, train: 20, test: 0 },
  optimizer: { batchSize: 10 },
  epochs: 1,
  sweep: { "noise.0.sigma": [1, 10] },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ninscope-kernels-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const place = (name: string) => join(folder, name);

/** The sweep's runs in a folder, made by another build of the kernels. */
async function madeByOthers(name: string): Promise<string> {
  const store = await openStore(place(name));
  const kernels = await loadKernels({ baseline: OTHER_KERNELS });
  await writeSpec(place(name), spec);
  const { resultsHash } = await sweep(spec, { kernels, store });
  await store.close();
  return resultsHash;
}

it("a sweep that finds runs of other kernels says so, once, and makes them again", async () => {
  const hash = await madeByOthers("swept");
  const args = ["sweep", "--resume", "--workers", "0", "--out", place("swept")];
  const first = await inProcess(args);
  expect([first.code, first.err]).toEqual([
    0,
    `${place("swept")} holds 2 runs by other kernels than these (baseline); the sweep makes its runs among them again\n`,
  ]);
  const lines = async () => (await readFile(join(place("swept"), "journal.jsonl"), "utf8")).trim();
  expect((await lines()).split("\n")).toHaveLength(4);
  const second = await inProcess([...args, "--json"]);
  expect(JSON.parse(second.out).resultsHash).toBe(hash);
  expect((await inProcess(args)).err).toBe("");
  expect((await lines()).split("\n")).toHaveLength(4);
});

it("a sweep goes on when the reader of standard error has gone away", async () => {
  const hash = await madeByOthers("unheard");
  const args = ["sweep", "--resume", "--workers", "1", "--out", place("unheard")];
  const { code, out } = await asProcess(args, "exec 2> >(exec <&-); sleep 0.2;").outcome;
  expect([code, out]).toEqual([0, expect.stringContaining("noise.0.sigma")]);
  const summary = JSON.parse(await readFile(join(place("unheard"), "summary.json"), "utf8"));
  expect(summary.resultsHash).toBe(hash);
  expect((await readdir(place("unheard"))).filter((name) => /lock/.test(name))).toEqual([]);
});

it("runs of earlier versions, which did not record their kernels, are runs of other kernels", async () => {
  await madeByOthers("earlier");
  const path = join(place("earlier"), "journal.jsonl");
  const lines = (await readFile(path, "utf8")).trim().split("\n");
  const earlier = lines.map((line) => {
    const { key, run } = JSON.parse(line);
    const { kernels: _, ...backend } = run.backend;
    return journalLine(key, { ...run, backend });
  });
  await writeFile(path, Buffer.concat(earlier));
  const swept = ["sweep", "--resume", "--workers", "0", "--out", place("earlier")];
  expect((await inProcess(swept)).err).toContain("holds 2 runs by other kernels than these");
});

it("a merge refuses parts that were made by different kernels", async () => {
  await madeByOthers("others");
  await writeFile(place("spec.json"), JSON.stringify(spec));
  const shard = ["sweep", place("spec.json"), "--workers", "0", "--shard", "0/2"];
  expect((await inProcess([...shard, "--out", place("ours")])).code).toBe(0);
  const merged = await inProcess(["merge", place("others"), place("ours"), "--out", place("all")]);
  expect([merged.code, merged.out]).toEqual([2, ""]);
  expect(merged.err).toMatch(
    /^ninscope: folders: \S+ has runs made by (wasm|kernels) [^\n]+; takes shards made alike\n$/,
  );
});
