import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);

test("the four phases, one after another", async () => {
  const { stdout } = await run(process.execPath, ["examples/four-phases.mjs"]);
  const phases = [...stdout.matchAll(/^sigma [\d.]+: (\w+)/gm)].map(([, phase]) => phase);
  expect(phases).toEqual(["decoupled", "decay", "catapult", "divergent"]);
});

test("the linear model's catapult begins where it is predicted", async () => {
  const { stdout } = await run(process.execPath, ["examples/linear-boundaries.mjs"]);
  const pairs = [...stdout.matchAll(/from sigma ([\d.]+), predicted ([\d.]+)/g)];
  expect(pairs).toHaveLength(3);
  // Neighbouring values of sigma are 7 % apart.
  for (const [, measured, predicted] of pairs) {
    expect(Math.abs(Math.log(Number(measured) / Number(predicted)))).toBeLessThan(0.07);
  }
});

test("callbacks see a run and end it", async () => {
  const { stdout } = await run(process.execPath, ["examples/train-with-a-callback.mjs"]);
  const steps = [...stdout.matchAll(/^step (\d+): largest noise weight/gm)].map(([, step]) =>
    Number(step),
  );
  expect(steps).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
  const records = [...stdout.matchAll(/^epoch (\d+): loss without noise ([\d.]+)/gm)];
  const losses = records.map(([, , loss]) => Number(loss));
  expect(losses.slice(0, -1).every((loss) => loss >= 0.01)).toBe(true);
  expect(losses.at(-1)).toBeLessThan(0.01);
  const [, stopped, loss] = stdout.match(/stopped after (\d+) steps, .* ([\d.]+)$/m) ?? [];
  expect(Number(stopped)).toBe(20 * Number(records.at(-1)?.[1]));
  expect(Number(loss)).toBe(losses.at(-1));
});

test("an own loop makes the run of train, and reads the curvature that it has", async () => {
  const { stdout } = await run(process.execPath, ["examples/own-training-loop.mjs"]);
  const apart = Number(stdout.match(/losses of train: (\S+)/)?.[1]);
  // The loop is in float64, the kernels are in float32.
  expect(apart).toBeLessThan(1e-5);
  const readings = [...stdout.matchAll(/read ([\d.]+) \+- ([\d.]+), direct ([\d.]+)/g)];
  expect(readings).toHaveLength(4);
  for (const [value, error, direct] of readings.map((found) => found.slice(1).map(Number))) {
    expect(error / value).toBeLessThan(0.06);
    expect(Math.abs(value - direct) / error).toBeLessThan(3);
  }
});

test("arrays become a data set that a network learns, and those that do not fit are refused", async () => {
  const { stdout } = await run(process.execPath, ["examples/own-data.mjs"]);
  expect(stdout).toMatch(/^classification: 2 inputs, 2 classes$/m);
  // Half of it would be chance: the arms turn by more than a whole turn.
  expect(Number(stdout.match(/test accuracy ([\d.]+)/)?.[1])).toBeGreaterThan(0.95);
  expect(stdout).toMatch(/^inputs: inputs has 1200 numbers: 500 rows take/m);
});

test("a checkpoint's curvature, read by noise and measured directly", async () => {
  const { stdout } = await run(process.execPath, ["examples/curvature-of-a-checkpoint.mjs"]);
  const losses = [...stdout.matchAll(/mean loss ([\d.]+)/g)].map(([, loss]) => loss);
  expect(losses).toHaveLength(3);
  expect(new Set(losses).size).toBe(1);
  const spectra = [...stdout.matchAll(/local Hessian: (.+)$/gm)];
  for (const [, list] of spectra) {
    const values = list.split(", ").map(Number);
    expect(values).toHaveLength(3);
    expect(values).toEqual([...values].sort((a, b) => b - a));
  }
  const readings = [...stdout.matchAll(/direct ([\d.]+), read by noise ([\d.]+) \+- ([\d.]+)/g)];
  expect(readings).toHaveLength(3);
  for (const [direct, value, error] of readings.map((found) => found.slice(1).map(Number))) {
    expect(error / value).toBeLessThan(0.05);
    expect(Math.abs(value - direct) / error).toBeLessThan(3.5);
  }
});

test.each(["tfjs", "jax"])(
  "a probe in %s reads a curvature, in steps that are stable",
  async (name) => {
    const { stdout } = await run(process.execPath, [`examples/gauge-${name}.mjs`]);
    const [, value, error] = stdout.match(/curvature along the noise ([\d.]+) ± ([\d.]+)/) ?? [];
    expect(Number(value) / Number(error)).toBeGreaterThan(3);
    expect(Number(stdout.match(/stable up to ([\d.]+)/)?.[1])).toBeGreaterThan(0.1);
  },
);

test("the guides show parts of the programs that they name", async () => {
  const folder = "docs/guides";
  const guides = (await readdir(folder)).map((name) => join(folder, name));
  expect(guides.length).toBeGreaterThan(0);
  for (const guide of [...guides, "docs/gauge-adapters.md"]) {
    const text = await readFile(guide, "utf8");
    const paths = [...text.matchAll(/\]\((?:\.\.\/)+(examples\/[\w/.-]+\.m?js)\)/g)];
    const programs = await Promise.all(paths.map(([, path]) => readFile(path, "utf8")));
    const program = programs.join("\n");
    const blocks = [...text.matchAll(/^```js\n([\s\S]*?)^```$/gm)];
    expect(blocks.length).toBeGreaterThan(0);
    for (const [, block] of blocks) expect(program).toContain(block);
  }
});
