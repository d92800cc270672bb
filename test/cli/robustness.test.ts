import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { idx } from "../data/files.js";
import { shapes } from "../robustness/shapes.js";
import { asProcess, inProcess } from "./run.js";

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
const SMALL = [
  ...["--corruptions", "gaussian-noise,fog", "--severities", "1,3", "--attacks", "fgsm,pgd"],
  ...["--epsilons", "0.05,0.3", "--attack-samples", "10", "--steps", "3", "--restarts", "1"],
];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ninscope-robustness-"));
  const { train, test: held } = shapes(100, 40, true);
  for (const [name, split] of Object.entries({ train, test: held ?? train })) {
    await writeFile(at(`${name}.images`), idx([split.rows, 28, 28], split.inputs));
    await writeFile(at(`${name}.labels`), idx([split.rows], split.targets));
  }
  const data = {
    name: "idx",
    ...{ images: "train.images", labels: "train.labels" },
    ...{ testImages: "test.images", testLabels: "test.labels" },
  };
  const optimizer = { batchSize: 20, learningRate: 0.05 };
  const experiment = { network: { layers: [16] }, noise: [], data, optimizer, epochs: 6 };
  await writeFile(at("plain.json"), JSON.stringify(experiment));
  const noisy = { ...experiment, noise: [{ nodes: 8, sigma: 2 }] };
  await writeFile(at("noisy.json"), JSON.stringify(noisy));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function json(...args: string[]) {
  const { code, out, err } = await inProcess(["robustness", ...args, "--json"]);
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out);
}

describe("ninscope robustness", () => {
  test("prints what it measured as JSON, of one network and of all", async () => {
    const found = await json(at("plain.json"), at("noisy.json"), "--seeds", "2", ...SMALL);
    expect(found.networks.map(({ name }: { name: string }) => name)).toEqual(["plain", "noisy"]);
    expect(found.clean).toEqual(found.networks[0].clean);
    expect(found.clean.seeds).toHaveLength(2);
    expect(found.corruptions.map((one: { severity: number }) => one.severity)).toEqual([
      1, 3, 1, 3,
    ]);
    expect(found.attacks[1]).toMatchObject({ name: "fgsm", epsilon: 0.3, steps: 1 });
    expect(found.attacks[3]).toMatchObject({ name: "pgd", epsilon: 0.3, steps: 3 });
    expect(found.shift[0].name).toBe("half-resolution");
    expect(found.networks[1].clean.difference.count).toBe(2);
    expect(found.networks[0].dose).toBeNull();
    const { dose } = found.networks[1];
    expect(dose.seeds).toHaveLength(2);
    expect(dose.paid).toBeGreaterThan(0);
    expect(dose.paid).toBeCloseTo((dose.seeds[0].paid + dose.seeds[1].paid) / 2, 12);
    expect(Math.abs(dose.ratio - 1)).toBeLessThan(1e-5);
    expect(dose.seeds[1]).toMatchObject({ exact: true });
    expect(found.settings).toMatchObject({ samples: 40, attackSamples: 10, queries: 500 });
  });

  test("prints a table without --json", async () => {
    const { code, out } = await inProcess(["robustness", at("plain.json"), ...SMALL]);
    expect(code).toBe(0);
    expect(out).toMatch(/clean +│ [\d.]+ \[[\d.]+, [\d.]+\]/);
    expect(out).toContain("fog, severity 3");
    expect(out).toContain("40 test images, 10 of them attacked");
    expect(out).not.toContain("dose");
  });

  test("keeps its work in --out, goes on with it, and replaces it only if told to", async () => {
    const out = at("kept");
    const args = [at("plain.json"), at("noisy.json"), ...SMALL, "--out", out];
    const first = await json(...args);
    expect(await readdir(join(out, "checkpoints"))).toHaveLength(2);
    expect(JSON.parse(await readFile(join(out, "summary.json"), "utf8"))).toEqual(first);
    expect(await readFile(join(out, "figures", "robustness.svg"), "utf8")).toContain("noisy");
    const journal = await readFile(join(out, "measurements.jsonl"), "utf8");
    expect(journal.trim().split("\n")).toHaveLength(2 * (1 + 4 + 4 + 1));
    const again = await inProcess(["robustness", ...args]);
    expect([again.code, again.err.includes("--resume")]).toEqual([2, true]);

    // As an interruption leaves it: the last line is cut off, and a network is damaged.
    await writeFile(join(out, "measurements.jsonl"), journal.slice(0, -200));
    const [network] = await readdir(join(out, "checkpoints"));
    await writeFile(join(out, "checkpoints", network), "damaged");
    expect(await json(...args, "--resume")).toEqual(first);
    const mended = await readFile(join(out, "measurements.jsonl"), "utf8");
    expect(mended.length).toBeGreaterThan(journal.length - 200);
    expect(await json(...args, "--force")).toEqual(first);
  });

  test("writes the same summary whatever the number of workers", async () => {
    const few = ["--seeds", "2", "--corruptions", "fog", "--severities", "3", "--attacks", "none"];
    const summaries = new Set<string>();
    for (const workers of ["0", "1", "2"]) {
      const out = at(`workers-${workers}`);
      const words = ["robustness", at("plain.json"), at("noisy.json"), ...few];
      words.push("--workers", workers, "--out", out, "--quiet");
      expect((await asProcess(words).outcome).code).toBe(0);
      expect(await readdir(join(out, "checkpoints"))).toHaveLength(4);
      summaries.add(await readFile(join(out, "summary.json"), "utf8"));
    }
    expect(summaries.size).toBe(1);
  });

  test("names the network whose training diverges, and keeps those that are trained", async () => {
    const wild = JSON.parse(await readFile(at("plain.json"), "utf8"));
    wild.optimizer.learningRate = 1e6;
    await writeFile(at("wild.json"), JSON.stringify(wild));
    const args = [at("plain.json"), at("wild.json"), ...SMALL, "--workers", "0"];
    const { code, out, err } = await inProcess(["robustness", ...args, "--out", at("diverged")]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain("the network wild of seed 0 left the finite numbers in training");
    expect(await readdir(at("diverged", "checkpoints"))).toHaveLength(2);
    await expect(readFile(at("diverged", "summary.json"))).rejects.toThrow("ENOENT");
  });

  test("measures a run of train, and its safetensors file, as it measures the experiment", async () => {
    const out = at("run");
    expect((await inProcess(["train", at("plain.json"), "--out", out, "--quiet"])).code).toBe(0);
    const trained = await json(at("plain.json"), ...SMALL);
    const run = await json(out, ...SMALL);
    const file = at("run", "network.safetensors");
    const checkpoint = await json(file, "--config", at("plain.json"), ...SMALL);
    for (const found of [run, checkpoint]) {
      expect(found.clean).toEqual(trained.clean);
      expect(found.corruptions).toEqual(trained.corruptions);
      expect(found.attacks).toEqual(trained.attacks);
    }
  });

  test("tests on other images", async () => {
    const other = { name: "idx", images: at("train.images"), labels: at("train.labels") };
    const none = ["--corruptions", "none", "--attacks", "none"];
    const set = ["--test-set", JSON.stringify(other)];
    const found = await json(at("plain.json"), ...none, ...set);
    expect(found.shift.map(({ name }: { name: string }) => name)).toEqual(["train"]);
    expect(found.corruptions).toEqual([]);
  });

  test.each([
    [[], "missing required argument", "networks"],
    [["nowhere.json"], "no such file", "CONFIG"],
    [["nowhere.safetensors"], "no such file", "NETWORK"],
    [["PLAIN", "--corruptions", "snow"], "gaussian-noise", "--corruptions"],
    [["PLAIN", "--severities", "1,x"], "numbers", "--severities"],
    [["PLAIN", "--severities", "9"], "from 1 to 5", "severities.0"],
    [["PLAIN", "--epsilons", "-1"], "at least 0", "epsilons.0"],
    [["PLAIN", "--samples", "41"], "40 samples", "samples"],
    [["PLAIN", "--steps", "1,2"], "one number", "--steps"],
    [["PLAIN", "--seeds", "0"], "from 1", "--seeds"],
    [["PLAIN", "--test-set", "usps"], "npz", "--test-set"],
    [["PLAIN", "--resume"], "--out", "--resume"],
    [["PLAIN", "PLAIN"], "two networks", "name"],
    [["PLAIN", "--set", 'data={"name":"spiral"}'], "28 x 28", "dataset"],
    [["PLAIN", "--set", "epochs=0"], "epochs", "epochs"],
  ])("refuses %j in one line", async (args, message, field) => {
    const words = args.map((word) => (word === "PLAIN" ? at("plain.json") : word));
    const { code, err, out } = await inProcess(["robustness", ...words, "--json"]);
    expect([code, out]).toEqual([2, ""]);
    const said = JSON.parse(err);
    expect(said.error).toContain(message.replace(/^missing required/, "missing"));
    expect(said.field).toBe(field);
  });
});
