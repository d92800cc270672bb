import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PHASES } from "../../ts/analysis/phase.js";
import { train } from "../../ts/entries/node/node.js";
import { inProcess } from "./run.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ninscope-cli-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const json = async (args: readonly string[]) => {
  const { code, out, err } = await inProcess([...args, "--json"]);
  expect(err).toBe("");
  expect(code).toBe(0);
  return JSON.parse(out);
};
const parquet = async (name: string) => {
  const bytes = await readFile(join(folder, name));
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  return parquetReadObjects({ file: file as ArrayBuffer });
};
const small = {
  network: { layers: [12] },
  noise: [{ sigma: 2 }],
  data: { name: "gaussian-mixture", inputs: 5, classes: 3, train: 60, test: 30 },
  optimizer: { batchSize: 20 },
  epochs: 4,
  seed: 3,
};
const config = async (name: string, value: unknown) => {
  const path = join(folder, name);
  await writeFile(path, typeof value === "string" ? value : JSON.stringify(value));
  return path;
};

describe("ninscope phases", () => {
  const contract = [
    "--width",
    "100",
    "--samples",
    "200",
    "--learning-rate",
    "0.05",
    "--sigma",
    "0.01:10:40",
  ];

  test("shows the four phases in order, and agrees with population theory where that is sharp", async () => {
    const out = join(folder, "phases");
    const more = ["--steps", "2000", "--seeds", "4", "--seed", "0", "--out", out];
    const { cells, boundaries } = await json(["phases", ...contract, ...more]);
    expect(cells).toHaveLength(160);
    for (const cell of cells) {
      expect(Object.keys(cell)).toEqual(
        expect.arrayContaining([
          ...["sigma", "seed", "kappa", "phase", "lossStart", "lossMax", "lossEnd", "niwStart"],
          ...["niwEnd", "effectiveNiwStart", "effectiveNiwEnd", "steps"],
        ]),
      );
    }
    const sharp = cells.flatMap(({ kappa, phase }: { kappa: number; phase: string }) => {
      if (kappa >= 0.3 && kappa <= 1.6) return [phase === "decay"];
      if (kappa >= 2.3 && kappa <= 3.5) return [phase === "catapult"];
      return kappa > 4.5 ? [phase === "divergent"] : [];
    });
    expect(sharp.length).toBeGreaterThan(30);
    expect(sharp.filter(Boolean).length / sharp.length).toBeGreaterThanOrEqual(0.95);
    for (const name of ["decay", "catapult", "divergent"]) {
      const { predicted, measured } = boundaries[name];
      // Neighbours are a factor 1.19 apart, and four seeds scatter.
      expect(Math.abs(Math.log(measured / predicted))).toBeLessThan(0.2);
    }
    expect(boundaries.decay.measured).toBeLessThan(boundaries.catapult.measured);
    expect(boundaries.catapult.measured).toBeLessThan(boundaries.divergent.measured);
    expect((await readdir(join(out, "figures"))).sort()).toEqual([
      "phases.svg",
      "trajectories.svg",
    ]);
    expect(JSON.parse(await readFile(join(out, "summary.json"), "utf8"))).toEqual({
      cells,
      boundaries,
    });
  });

  test("the network itself gives what its reduction gives", async () => {
    const few = [
      "--width",
      "20",
      "--samples",
      "30",
      "--sigma",
      "0.3:5:4",
      "--steps",
      "60",
      "--seeds",
      "2",
    ];
    const reduced = (await json(["phases", ...few])).cells;
    const full = (await json(["phases", ...few, "--full", "--backend", "reference"])).cells;
    expect(full.length).toBe(reduced.length);
    for (const [i, cell] of full.entries()) {
      for (const key of ["kappa", "lossStart", "lossMax", "lossEnd", "niwEnd"] as const) {
        expect(cell[key] / reduced[i][key], `${key} at sigma ${cell.sigma}`).toBeCloseTo(1, 7);
      }
      expect(cell.phase).toBe(reduced[i].phase);
    }
  });

  test("is a table without --json", async () => {
    const { out, code } = await inProcess([
      "phases",
      "--sigma",
      "0.5:9:3",
      "--seeds",
      "1",
      "--quiet",
    ]);
    expect(code).toBe(0);
    expect(out).toMatch(/sigma .* kappa .* phase \(of 1 seeds\)/);
    expect(out).toMatch(
      /catapult from sigma [\d.]+ \(predicted [\d.]+, by the recursion [\d.]+: within\)/,
    );
  });
});

describe("ninscope train", () => {
  test("prints the contract's object, the same as the library's", async () => {
    const summary = await json(["train", await config("small.json", small)]);
    const run = await train(small as never);
    expect(Object.keys(summary)).toEqual(
      expect.arrayContaining(["backend", "phase", "evidence", "final", "timing"]),
    );
    expect(summary.backend).toBe("wasm");
    expect(PHASES).toContain(summary.phase);
    expect(summary.final).toEqual(run.final);
    expect(Object.keys(summary.final)).toEqual(
      expect.arrayContaining([
        ...["loss", "unperturbedLoss", "testLoss", "trainAccuracy", "testAccuracy", "niwNorm"],
      ]),
    );
    expect(summary.timing.steps).toBe(12);
    expect(summary.timing.stepsPerSecond).toBeCloseTo(12 / summary.timing.seconds, 6);
  });

  test("--set sets any field; without a file a small run on built-in data", async () => {
    const args = ["train", "--set", "epochs=2", "--set", "data.train=100", "--set", "seed=9"];
    expect((await json([...args, "--set", "network.layers=[8]"])).timing.steps).toBe(2);
  });

  test("--out keeps experiment, trajectory, figure and summary", async () => {
    const out = join(folder, "run");
    await json(["train", await config("small.json", small), "--out", out]);
    expect((await readdir(out)).sort()).toEqual(
      [
        "experiment.json",
        "figures",
        "network.safetensors",
        "summary.json",
        "trajectory.parquet",
      ].sort(),
    );
    const { trajectory, experiment } = await train(small as never);
    expect(JSON.parse(await readFile(join(out, "experiment.json"), "utf8"))).toEqual(experiment);
    const rows = await parquet("run/trajectory.parquet");
    const steps = rows.filter((row) => row.loss !== null);
    expect(steps.map((row) => row.loss)).toEqual([...trajectory.steps.loss]);
    expect(steps.map((row) => row.step)).toEqual([...trajectory.steps.step]);
    const evaluated = rows.filter((row) => row.testLoss !== null);
    expect(evaluated.map((row) => row.testLoss)).toEqual([...trajectory.evaluations.testLoss]);
  });

  test("says it in words without --json, on either machine", async () => {
    for (const backend of ["reference", "wasm"]) {
      const args = ["train", join(folder, "small.json"), "--backend", backend, "--quiet"];
      const { out, code } = await inProcess(args);
      expect(code).toBe(0);
      expect(out).toMatch(/^phase: (decoupled|decay|catapult|divergent)/);
      expect(out).toContain(`12 steps on ${backend}`);
    }
  });
});

describe("ninscope train --dry-run", () => {
  test("says what the run will take, and makes nothing", async () => {
    const out = join(folder, "dry");
    const args = ["train", await config("small.json", small), "--dry-run", "--out", out];
    const plan = await json(args);
    // 5-12-3 with a bias and a noise node: (5 + 1 + 1) x 12 + (12 + 1) x 3.
    expect(plan).toMatchObject({ steps: 12, stepsPerEpoch: 3, parameters: 123 });
    // Forward and weight gradient of both layers, the gradient that goes back through the second, and the noise weights'
    // gradient once more, for the dose.
    expect(plan.flopsPerStep).toBe(2 * 20 * (2 * 7 * 12 + 2 * 13 * 3 + 12 * 3 + 12));
    expect(plan.dataBytes).toBe(4 * 90 * (5 + 1));
    expect(plan.machineBytes).toBeGreaterThan(plan.dataBytes);
    expect(await readdir(folder)).not.toContain("dry");
    expect((await inProcess(args)).out).toMatch(/memory of the machine .* MB/);
  });
});

describe("ninscope sweep", () => {
  test("prints runs, boundaries and a hash that does not depend on the order", async () => {
    const out = join(folder, "sweep");
    const spec = { ...small, sweep: { "noise.0.sigma": [0.5, 40], seed: [0, 1] } };
    const result = await json(["sweep", await config("sweep.json", spec), "--out", out]);
    expect(result.runs.map((run: any) => [run["noise.0.sigma"], run.seed])).toEqual([
      [0.5, 0],
      [0.5, 1],
      [40, 0],
      [40, 1],
    ]);
    expect(Object.keys(result.boundaries)).toEqual(["decay", "catapult", "divergent"]);
    expect(result.resultsHash).toMatch(/^[0-9a-f]{64}$/);
    const other = { ...small, sweep: { seed: [1, 0], "noise.0.sigma": [40, 0.5] } };
    const again = await json(["sweep", await config("other.json", other)]);
    expect(again.resultsHash).toBe(result.resultsHash);
    expect(await readdir(out)).toEqual(expect.arrayContaining(["figures", "summary.json"]));
  });

  test("without a sweep in the file sigma is swept", async () => {
    const tiny = ["--set", "epochs=1", "--set", "data.train=20", "--set", "optimizer.batchSize=10"];
    const { out, code } = await inProcess([
      "sweep",
      ...tiny,
      "--set",
      "network.layers=[4]",
      "--quiet",
    ]);
    expect(code).toBe(0);
    expect(out).toMatch(/noise\.0\.sigma .* phase/);
  });
});

describe("ninscope replay", () => {
  const file = "test/check/replay/fixtures/tanh-output.npz";
  test("prints the contract's object", async () => {
    for (const backend of ["reference", "wasm"]) {
      const found = await json(["replay", file, "--backend", backend]);
      expect(found.backend).toBe(backend);
      expect(found.loss).toHaveLength(48);
      expect(found.niwNorm).toHaveLength(48);
      expect(found.unperturbedLoss).toHaveLength(12);
      expect(Object.keys(found.parameters)).toEqual(["W_0", "b_0", "W_1", "b_1", "V"]);
      expect(found.parameters.W_0).toHaveLength(72);
    }
  });

  test("of a diverged run has every step; what is not finite is null", async () => {
    const { loss } = await json([
      "replay",
      "test/check/replay/fixtures/linear-divergent.npz",
      "--backend",
      "reference",
    ]);
    expect(loss).toHaveLength(24);
    expect(loss.at(-1)).toBe(null);
  });

  test("is a table without --json", async () => {
    const { out } = await inProcess(["replay", file, "--backend", "reference"]);
    expect(out).toMatch(/^48 steps on reference \(float64\)/);
  });
});

describe("ninscope data", () => {
  test("lists what is known and where it is", async () => {
    const list = await json(["data", "list"]);
    expect(JSON.stringify(list)).toContain("fashion-mnist");
    const { out, code } = await inProcess(["data", "list"]);
    expect(code).toBe(0);
    expect(out).toContain("Fashion-MNIST");
  });

  test("an unknown set is refused", async () => {
    const { err, code } = await inProcess(["data", "fetch", "imagenet"]);
    expect(code).toBe(2);
    expect(err).toMatch(/imagenet/);
  });
});

describe("what the data was taken for", () => {
  const table = async () => {
    const path = join(folder, "table.csv");
    const rows = Array.from({ length: 12 }, (_, r) => `${r / 4},${r % 3},${(r * r) / 8}`);
    await writeFile(path, ["a,b,y", ...rows].join("\n"));
    return { name: "csv", path, test: 4 };
  };
  const short = { noise: [{ sigma: 2 }], network: { layers: [3] }, optimizer: { batchSize: 4 } };
  const classes = { task: "classification", classes: 3, outputs: 3 };
  const numbers = { task: "regression", classes: null, outputs: 1 };

  test("is in the results of train and probe, and of a dry run", async () => {
    for (const [target, found] of [
      ["b", classes],
      ["y", numbers],
    ] as const) {
      const data = { ...(await table()), target };
      const file = await config("table.json", { ...short, data, epochs: 2 });
      const record = { name: "csv", inputs: 2, rows: 8, testRows: 4, ...found };
      expect((await json(["train", "--dry-run", file])).data).toEqual(record);
      const known = { ...record, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) };
      expect((await json(["train", file])).data).toEqual(known);
      const probed = await json(["probe", file, "--moments", "2", "--repeats", "2"]);
      expect(probed.runs[0].data).toEqual(known);
      const { out } = await inProcess(["train", file]);
      const line = found === classes ? "3 classes" : "regression on 1 number";
      expect(out).toContain(`data csv: ${line}, 2 inputs, 8 training and 4 test samples`);
    }
  });

  test("a configuration may begin with a byte order mark; UTF-16 is named", async () => {
    const text = JSON.stringify({ ...short, data: { ...small.data }, epochs: 2 });
    const marked = await config("marked.json", `\ufeff${text}`);
    const sweep = JSON.stringify({ ...JSON.parse(text), sweep: { seed: [1] } });
    expect((await json(["train", "--dry-run", marked])).data.classes).toBe(3);
    const swept = await config("markedSweep.json", `\ufeff${sweep}`);
    expect((await json(["sweep", swept, "--workers", "0"])).runs).toHaveLength(1);
    const wide = join(folder, "wide.json");
    for (const bytes of [
      Buffer.from(`\ufeff${text}`, "utf16le"),
      Buffer.from(text, "utf16le"),
      Buffer.from(`\ufeff${text}`, "utf16le").swap16(),
    ]) {
      await writeFile(wide, bytes);
      for (const command of ["train", "sweep", "probe"]) {
        const { code, err } = await inProcess([command, wide]);
        expect(code).toBe(2);
        expect(err).toBe(
          `ninscope: CONFIG is "${wide}": not a text file in UTF-8, but in UTF-16\n`,
        );
      }
    }
  });

  test("an array that is not there is named beside those that are", async () => {
    const file = "test/check/replay/fixtures/tanh-output.npz";
    const data = JSON.stringify({ name: "npz", path: file, targets: "labels" });
    const { code, err } = await inProcess(["train", "--set", `data=${data}`]);
    expect(code).toBe(2);
    expect(err).toMatch(
      /data\.targets is "labels": \S+ has no such array; it has X, y, V0, noise, order, H, /,
    );
  });
});

describe("help", () => {
  test("is there for everything", async () => {
    for (const args of [
      [],
      ["--help"],
      ["help", "train"],
      ["train", "--help"],
      ["phases", "--help"],
    ]) {
      const { out, code, err } = await inProcess(args);
      expect([code, err]).toEqual([0, ""]);
      expect(out).toMatch(/Usage: ninscope/);
      expect(out).toMatch(/Examples?:|First steps:/);
    }
    expect((await inProcess(["--version"])).out).toBe("1.2.3\n");
  });
});

describe("bad input: one line on standard error, exit code 2", () => {
  const cases: [string, () => Promise<string[]>, string | null, RegExp][] = [
    [
      "an unknown flag",
      async () => ["train", "--sigma", "3"],
      "--sigma",
      /unknown option '--sigma'/,
    ],
    [
      "an unknown command",
      async () => ["trian"],
      null,
      /unknown command 'trian' \(Did you mean train\?\)/,
    ],
    ["no number", async () => ["phases", "--width", "wide"], "--width", /takes a number/],
    ["an impossible number", async () => ["phases", "--width", "-3"], "--width", /is -3: takes/],
    ["too few seeds", async () => ["phases", "--seeds", "0"], "--seeds", /takes an integer from 1/],
    ["a bad range", async () => ["phases", "--sigma", "1:2"], "--sigma", /from:to:count/],
    [
      "a bad machine",
      async () => ["train", "--backend", "tpu"],
      "--backend",
      /Allowed choices are/,
    ],
    [
      "a bad field",
      async () => ["train", "--set", "noise.0.sigmas=3"],
      "noise.0.sigmas",
      /known ones are/,
    ],
    ["no field", async () => ["train", "--set", "sigma"], "--set", /takes field=value/],
    [
      "an impossible value",
      async () => ["train", "--set", "noise.0.sigma=-1"],
      "noise.0.sigma",
      /is -1: takes/,
    ],
    [
      "a config that is not there",
      async () => ["train", "/nowhere.json"],
      "CONFIG",
      /no such file/,
    ],
    ["a config that is a folder", async () => ["train", folder], "CONFIG", /it is a folder/],
    [
      "a config that is not JSON",
      async () => ["train", await config("bad.json", '{"seed": 1,}')],
      "CONFIG",
      /not JSON/,
    ],
    [
      "a config of a wrong kind",
      async () => ["train", await config("list.json", [])],
      "the experiment",
      /takes an object/,
    ],
    ["too many arguments", async () => ["train", "a.json", "b.json"], null, /too many arguments/],
    [
      "a folder of other things",
      async () => ["train", "--out", "test"],
      "--out",
      /holds other things/,
    ],
    [
      "a file in the way",
      async () => ["train", "--out", join(folder, "bad.json")],
      "--out",
      /a file is in the way/,
    ],
    [
      "a batch too large",
      async () => ["train", "--set", "data.train=50"],
      "optimizer.batchSize",
      /at most .* 50/,
    ],
    [
      "data that is not there",
      async () => ["train", "--set", 'data={"name":"csv","path":"/nowhere"}'],
      "data.path",
      /no such file/,
    ],
    ["a replay that is not there", async () => ["replay", "/nowhere.npz"], "FILE", /no such file/],
    [
      "a truncated replay",
      async () => {
        const whole = await readFile("test/check/replay/fixtures/tanh-output.npz");
        await writeFile(join(folder, "cut.npz"), whole.subarray(0, 4000));
        return ["replay", join(folder, "cut.npz")];
      },
      null,
      /not a whole zip file/,
    ],
    [
      "a sweep that cannot be",
      async () => ["sweep", "--set", 'sweep={"seed":[]}'],
      "sweep.seed",
      /list of 0/,
    ],
  ];
  test.each(cases)("%s", async (_, make, field, message) => {
    const args = await make();
    const plain = await inProcess(args);
    expect(plain.code).toBe(2);
    expect(plain.out).toBe("");
    expect(plain.err).toMatch(/^ninscope: [^\n]+\n$/);
    expect(plain.err).toMatch(message);
    expect(plain.err).not.toMatch(/fault in ninscope/);
    const object = await inProcess([...args, "--json"]);
    expect(object.code).toBe(2);
    expect(object.out).toBe("");
    const parsed = JSON.parse(object.err);
    expect(parsed.error).toMatch(message);
    if (field !== null) expect(parsed.field).toBe(field);
  });
});
