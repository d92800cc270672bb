import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inProcess } from "./run.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ninscope-out-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const place = (name: string) => join(folder, name);
const TINY = ["--set", "epochs=1", "--set", "network.layers=[4]"].concat(
  ...["data.train=40", "data.test=10", "data.inputs=3", "optimizer.batchSize=20"].map((field) => [
    "--set",
    field,
  ]),
);
const train = (out: string, ...more: string[]) => ["train", ...TINY, "--out", out, ...more];
const sweep = (out: string, sigmas: string, ...more: string[]) => [
  ...["sweep", ...TINY, "--set", `sweep={"noise.0.sigma":${sigmas}}`, "--workers", "0"],
  ...["--out", out, ...more],
];
const phases = (out: string, ...more: string[]) => [
  ...["phases", "--width", "8", "--samples", "8", "--steps", "20", "--sigma", "1:8:3"],
  ...["--seeds", "1", "--out", out, ...more],
];
const probe = (out: string, ...more: string[]) => [
  ...["probe", ...TINY, "--samples", "20", "--moments", "1", "--repeats", "1", "--out", out],
  ...more,
];

/** Every file below a folder with its content. */
async function contents(path: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const file = join(entry.parentPath, entry.name);
    files[file.slice(path.length + 1)] = await readFile(file, "base64");
  }
  return files;
}

async function done(args: readonly string[]) {
  const { code, out, err } = await inProcess([...args, "--json"]);
  expect(err).toBe("");
  expect(code).toBe(0);
  return JSON.parse(out);
}

/** Refused in one line that names `--out`, and not a byte of the folder is another. */
async function refused(args: readonly string[], out: string, message: RegExp) {
  const before = await contents(out);
  const { code, err } = await inProcess([...args, "--json"]);
  expect(JSON.parse(err)).toEqual({ error: expect.stringMatching(message), field: "--out" });
  expect(code).toBe(2);
  expect(await contents(out)).toEqual(before);
}

const COMMANDS: [string, (out: string, ...more: string[]) => string[]][] = [
  ["train", train],
  ["phases", phases],
  ["probe", probe],
  ["sweep", (out, ...more) => sweep(out, "[1,4]", ...more)],
];

describe.each(COMMANDS)("ninscope %s into a used folder", (name, command) => {
  test("refuses another's results, replaces them with --force, and leaves nothing of them", async () => {
    const [used, clean] = [place(`${name}-used`), place(`${name}-clean`)];
    // Results of every kind, with a figure's picture beside it.
    await done(name === "sweep" ? train(used) : sweep(used, "[2]"));
    await writeFile(join(used, "figures", "training.png"), "picture");
    await writeFile(join(used, "report.html"), "report");
    await refused(
      command(used),
      used,
      /holds results of another experiment \([\w., ]+\); takes .*--force to replace them/,
    );
    await done(command(used, "--force"));
    await done(command(clean));
    expect(Object.keys(await contents(used)).sort()).toEqual(
      Object.keys(await contents(clean)).sort(),
    );
    const spec = async (of: string) => readFile(join(of, "experiment.json"), "utf8");
    expect(await spec(used)).toBe(await spec(clean));
  });

  test("never overwrites a folder that holds other things", async () => {
    const own = place(`${name}-own`);
    await mkdir(own);
    await writeFile(join(own, "thesis.tex"), "years of work");
    // A configuration of the user's bears the name that a folder's own has.
    await writeFile(join(own, "experiment.json"), "{}");
    for (const force of [[], ["--force"]]) {
      await refused(command(own, ...force), own, /holds other things \(thesis\.tex\)/);
    }
  });
});

describe("going on", () => {
  test("train makes the same run again only with --resume or --force", async () => {
    const out = place("again");
    const first = await done(train(out));
    await refused(train(out), out, /holds results \(.*--resume to go on with them, or --force/);
    expect((await done(train(out, "--resume"))).final).toEqual(first.final);
    expect((await done(train(out, "--force"))).final).toEqual(first.final);
    const other = ["--set", "seed=7"];
    await refused(train(out, "--resume", ...other), out, /results of another experiment/);
    expect((await done(train(out, "--force", ...other))).final).not.toEqual(first.final);
  });

  test("train --force keeps the earlier results where the new run's data cannot be read", async () => {
    const out = place("kept");
    await done(train(out));
    const before = await contents(out);
    const lost = ["--set", 'data={"name":"csv","path":"/nowhere.csv"}', "--force"];
    const { code } = await inProcess(["train", ...lost, "--out", out]);
    expect(code).toBe(2);
    expect(await contents(out)).toEqual(before);
  });

  test("a sweep goes on with its own runs, and adds others with --resume", async () => {
    const out = place("sweep-again");
    const first = await done(sweep(out, "[1,4]"));
    expect((await done(sweep(out, "[1,4]"))).resultsHash).toBe(first.resultsHash);
    await refused(sweep(out, "[1,4,9]"), out, /results of another experiment .*--resume/);
    const more = await done(sweep(out, "[1,4,9]", "--resume"));
    expect(more.runs).toHaveLength(3);
    expect(more.runs.slice(0, 2)).toEqual(first.runs);
    expect((await done(sweep(out, "[1,4]", "--force"))).resultsHash).toBe(first.resultsHash);
  });

  test("a sweep adds no runs to a single one's folder", async () => {
    const out = place("single");
    await done(train(out));
    await refused(sweep(out, "[1]", "--resume"), out, /results of another experiment/);
  });

  test("--resume and --force exclude each other", async () => {
    const { code, err } = await inProcess(train(place("both"), "--resume", "--force"));
    expect([code, err]).toEqual([
      2,
      "ninscope: option '--resume' cannot be used with option '--force'\n",
    ]);
  });
});

describe("paths of data", () => {
  const CSV = `a,b,class\n${Array.from({ length: 30 }, (_, i) => `${i % 7},${i % 5},${i % 3}`).join("\n")}\n`;
  const experiment = {
    network: { layers: [4] },
    data: { name: "csv", path: "own.csv", target: "class" },
    optimizer: { batchSize: 10 },
    epochs: 1,
  };
  let config: string;
  beforeAll(async () => {
    await mkdir(place("study"));
    await writeFile(place("study/own.csv"), CSV);
    config = place("study/own.json");
    await writeFile(config, JSON.stringify(experiment));
  });

  test("count from the configuration's folder, and are absolute in the results", async () => {
    const out = place("study-out");
    await done(["train", config, "--out", out]);
    const { data } = JSON.parse(await readFile(join(out, "experiment.json"), "utf8"));
    expect(data.path).toBe(place("study/own.csv"));
    await done(["train", "--resume", "--out", out]);
  });

  test("count from the current folder on the command line", async () => {
    // The tests run in the repository's folder.
    const set = ["--set", "data.inputs=test/check/replay/fixtures", "--set", "data.targets=x.npy"];
    const named = ["train", "--set", 'data={"name":"npy"}', ...set];
    const { err } = await inProcess([...named, "--json"]);
    expect(JSON.parse(err).field).toBe("data.inputs");
    expect(JSON.parse(err).error).toContain(join(process.cwd(), "test/check/replay/fixtures"));
    const nowhere = await inProcess(["train", config, "--set", "data.path=own.csv", "--json"]);
    expect(JSON.parse(nowhere.err).error).toContain(join(process.cwd(), "own.csv"));
  });

  test("are found where they are swept, alone and with others", async () => {
    await writeFile(place("study/more.csv"), CSV.replace(/\n1,/g, "\n4,"));
    const axes = [
      { "data.path": ["own.csv", "more.csv"] },
      {
        "data.path,seed": [
          ["own.csv", 0],
          ["more.csv", 0],
        ],
      },
      { data: ["own.csv", "more.csv"].map((path) => ({ ...experiment.data, path })) },
    ];
    const hashes: string[] = [];
    for (const swept of axes) {
      const file = place("study/swept.json");
      await writeFile(file, JSON.stringify({ ...experiment, sweep: swept }));
      const { runs, resultsHash } = await done(["sweep", file, "--workers", "0"]);
      expect(runs).toHaveLength(2);
      expect(runs[0].final.loss).not.toBe(runs[1].final.loss);
      hashes.push(resultsHash);
    }
    expect(new Set(hashes).size).toBe(1);
  });

  test("change neither hash nor keys: shards made elsewhere are merged", async () => {
    await cp(place("study"), place("elsewhere/study"), { recursive: true });
    const spec = { ...experiment, sweep: { seed: [0, 1, 2] } };
    const made = async (where: string, ...more: string[]) => {
      const file = place(`${where}/seeds.json`);
      await writeFile(file, JSON.stringify(spec));
      return done(["sweep", file, "--workers", "0", ...more]);
    };
    const whole = await made("study");
    await made("study", "--shard", "0/2", "--out", place("shard-0"));
    await made("elsewhere/study", "--shard", "1/2", "--out", place("shard-1"));
    const merged = await done(["merge", place("shard-0"), place("shard-1"), "--out", place("all")]);
    expect(merged).toMatchObject({ missing: 0, resultsHash: whole.resultsHash });
    const resumed = await done(["sweep", "--resume", "--out", place("all"), "--workers", "0"]);
    expect(resumed.runs).toEqual(merged.runs);
  });
});
