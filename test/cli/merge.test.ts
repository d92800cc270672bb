import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
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
