import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inProcess } from "./run.js";

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ninscope-forecast-"));
  path = join(folder, "experiment.json");
  const experiment = {
    network: { layers: [24, 24] },
    noise: [{ sigma: 5 }],
    data: { name: "gaussian-mixture", inputs: 20, classes: 4, train: 200, test: 50 },
    optimizer: { batchSize: 20, learningRate: 0.1 },
    epochs: 12,
  };
  await writeFile(path, JSON.stringify(experiment));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("prints boundaries with intervals, cost and method as JSON", async () => {
  const { code, out, err } = await inProcess(["forecast", path, "--json"]);
  expect([code, err]).toEqual([0, ""]);
  const { boundaries, cost, method } = JSON.parse(out);
  expect(method).toBe("short runs");
  for (const name of ["decay", "catapult", "divergent"]) {
    const { value, low, high } = boundaries[name];
    expect(low, name).toBeGreaterThan(0);
    expect(value, name).toBeGreaterThan(low);
    expect(high, name).toBeGreaterThan(value);
  }
  expect(boundaries.decay.value).toBeLessThan(boundaries.catapult.value);
  expect(cost.gradientPasses).toBeGreaterThan(cost.steps);
  expect(cost.seconds).toBeGreaterThan(0);
});

test("prints them as a table, and takes less with --quick", async () => {
  const steps = async (...more: string[]) => {
    const { code, out } = await inProcess(["forecast", path, ...more]);
    expect(code).toBe(0);
    expect(out).toMatch(/decay +│ [\d.]+ +│ [\d.]+ to [\d.]+/);
    return Number(/from (\d+) updates/.exec(out)?.[1]);
  };
  expect(await steps("--quick")).toBeLessThan(await steps());
});

test("writes its figure, with the runs of a sweep over it", async () => {
  const [swept, out] = [join(folder, "swept"), join(folder, "out")];
  const sigmas = JSON.stringify({ "noise.0.sigma": [1, 10, 30, 60] });
  const made = await inProcess(["sweep", path, "--set", `sweep=${sigmas}`, "--out", swept]);
  expect(made.code).toBe(0);
  const args = ["forecast", path, "--quick", "--out", out, "--measured", swept];
  const { code, err } = await inProcess(args);
  expect([code, err]).toEqual([0, ""]);
  const svg = await readFile(join(out, "figures", "forecast.svg"), "utf8");
  expect(svg.match(/<circle[^>]*r="4"/g)).toHaveLength(4);
  const { boundaries } = JSON.parse(await readFile(join(out, "summary.json"), "utf8"));
  expect(svg).toContain(`catapult ${Number(boundaries.catapult.value.toPrecision(3))}`);
  expect((await inProcess(args)).err).toContain("--force");
});

test.each([
  [["--measured", "nowhere"], "nowhere/summary.json"],
  [["--set", "noise=[]"], "noise is empty"],
  [["--set", "noise.0.layer=7"], "noise.0.layer is 7"],
  [["--backend", "abacus"], "abacus"],
])("refuses %j in one line", async (more, message) => {
  const { code, err } = await inProcess(["forecast", path, ...more]);
  expect(code).toBe(2);
  expect(err).toContain(message);
  expect(err.trim().split("\n")).toHaveLength(1);
});
