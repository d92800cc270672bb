import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseExperiment } from "../../ts/experiment/parse.js";
import { inProcess } from "./run.js";

const EXPERIMENT = {
  network: { layers: [24, 16] },
  data: { name: "gaussian-mixture", inputs: 12, classes: 4, separation: 2, train: 300, test: 50 },
  optimizer: { batchSize: 50, learningRate: 0.1 },
  epochs: 60,
};

let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ninscope-preset-"));
  await writeFile(at("experiment.json"), JSON.stringify(EXPERIMENT));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each([
  ["ninr", [0]],
  ["ninr-full", [0, 1]],
] as const)("ninscope train --preset %s", (preset, layers) => {
  test("trains with noise nodes of the forecast's sigma, says why, and keeps what it trained", async () => {
    const args = ["train", at("experiment.json"), "--preset", preset, "--out", at(preset)];
    const { code, err } = await inProcess(args);
    expect(code).toBe(0);
    const said = /sigma ([\d.]+): (.+)/.exec(err);
    expect(said?.[2]).toMatch(/decay's onset|interval/);
    const read = async (name: string) => JSON.parse(await readFile(join(at(preset), name), "utf8"));
    const { noise, ...kept } = parseExperiment(await read("experiment.json"));
    const { noise: _, ...given } = parseExperiment(EXPERIMENT);
    expect(kept).toEqual(given);
    expect(noise.map(({ layer }) => layer)).toEqual(layers);
    for (const { nodes, sigma, scale } of noise) {
      expect([nodes, scale]).toEqual([32, 1 / Math.sqrt(32)]);
      expect(sigma).toBe(noise[0].sigma);
      expect(Math.abs(sigma / Number(said?.[1]) - 1)).toBeLessThan(0.01);
    }
    const { dose, phase, evidence, final } = await read("summary.json");
    expect(phase).toBe("decay");
    expect(evidence.memoryEnd).toBeLessThan(0.5);
    expect(dose.exact).toBe(true);
    expect(Math.abs(dose.ratio - 1)).toBeLessThan(1e-5);

    // What it keeps is an experiment like any other: without the preset it is the same run.
    const again = await inProcess(["train", join(at(preset), "experiment.json"), "--json"]);
    expect(JSON.parse(again.out).final).toEqual(final);
  });

  test("is refused with --resume, whose experiment has its noise nodes", async () => {
    const args = ["train", "--preset", preset, "--resume", "--out", at(preset), "--json"];
    const { code, err } = await inProcess(args);
    expect(code).toBe(2);
    expect(JSON.parse(err)).toMatchObject({
      field: "--preset",
      error: expect.stringContaining("--resume"),
    });
  });

  test("trains nothing where no noise decays", async () => {
    const args = ["train", at("experiment.json"), "--set", "epochs=1", "--preset", preset];
    const { code, out, err } = await inProcess([...args, "--out", at("none"), "--json"]);
    expect([code, out]).toEqual([1, ""]);
    expect(JSON.parse(err)).toEqual({
      error: expect.stringMatching(/take more epochs/),
      field: null,
    });
    await expect(readFile(join(at("none"), "experiment.json"))).rejects.toThrow("ENOENT");
  });
});

test("a preset of another name is refused", async () => {
  const { code, err } = await inProcess(["train", at("experiment.json"), "--preset", "ninr-half"]);
  expect(code).toBe(2);
  expect(err).toMatch(/--preset.*ninr-half.*ninr, ninr-full/);
});

test("a controller that misses its target says so", async () => {
  const schedule = { kind: "controller", hold: "kappa", target: 1, every: 20 };
  const noise = [{ nodes: 4, sigma: 0.3, schedule }];
  await writeFile(at("missed.json"), JSON.stringify({ ...EXPERIMENT, noise }));
  const { out } = await inProcess(["train", at("missed.json")]);
  expect(out).toMatch(/^noise 0: target 1 not reached: kappa stayed at [\d.]+, with sigma from/m);
  const { controls } = JSON.parse((await inProcess(["train", at("missed.json"), "--json"])).out);
  expect(controls[0].target.reached).toBe(false);
});
