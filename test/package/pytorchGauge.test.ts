import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { curvatureOver } from "../../ts/gauge/curvatureOver.js";
import { readGaugeLog } from "../../ts/gauge/readGaugeLog.js";
import { pythonWithTorch } from "../support/python.js";

const run = promisify(execFile);
const python = pythonWithTorch() ?? "";
const NETWORKS = ["mlp", "relu", "cnn"];
/** Those whose curvature autograd sees in full. */
const SMOOTH = ["mlp", "cnn"];
// Threads of PyTorch's wait for each other in a loop, which takes minutes where other work has the cores.
const env = {
  ...process.env,
  ...{ PYTHONPATH: resolve("examples/pytorch"), OMP_NUM_THREADS: "1" },
};
const LOGS = NETWORKS.flatMap((network) =>
  ["sgd", "momentum", "adam", "bystander"].map((how) => `${network}-${how}`),
);

interface Expected {
  readonly step: number;
  readonly loss: number;
  readonly norm: number;
  readonly reading: number;
}

describe.skipIf(python === "")("logs of the PyTorch module (skipped without PyTorch)", () => {
  let folder: string;
  let expected: Readonly<Record<string, Expected[]>>;
  let hessians: Readonly<Record<string, number>>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ninscope-pytorch-"));
    const program = resolve("test/package/write_gauge_logs.py");
    const { stdout } = await run(python, [program], { cwd: folder, env });
    expected = hessians = JSON.parse(stdout);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const read = async (name: string) => readGaugeLog(await readFile(join(folder, name)), name);

  test.each(LOGS)("%s: .npz and JSON lines hold the readings that Python finds", async (name) => {
    for (const ending of ["npz", "jsonl"]) {
      const { nodes, records } = await read(`${name}.${ending}`);
      expect(nodes).toEqual({
        ...{ width: name.startsWith("cnn") ? 4 : 8, nodes: 2, sigma: 0.4, batch: 16 },
        ...{ learningRate: name.endsWith("bystander") ? 0 : 0.05, trainingRate: 0.05 },
      });
      expect(records).toHaveLength(12);
      for (const [i, { step, loss, norm, reading }] of expected[name].entries()) {
        expect([records[i].step, records[i].loss]).toEqual([step, loss]);
        expect(Math.abs(records[i].norm / norm - 1)).toBeLessThan(1e-13);
        expect(Math.abs(records[i].reading - reading)).toBeLessThan(1e-11);
      }
      const trained = records[11].memory !== 1;
      expect(trained).toBe(!name.endsWith("bystander"));
    }
  });

  test.each(SMOOTH)("%s: the readings' mean is the Hessian's quadratic form", async (network) => {
    const { records } = await read(`${network}-frozen.npz`);
    const { value, error } = curvatureOver(records);
    expect(error / value).toBeLessThan(0.15);
    expect(Math.abs(value - hessians[`${network}-frozen`]) / error).toBeLessThan(4);
  });

  test("the example's log is in decay, by the command line", async () => {
    await run(python, [resolve("examples/pytorch/gauge.py")], { cwd: folder, env });
    const words = [resolve("dist/cli.js"), "gauge", "log.npz", "--json"];
    const { stdout } = await run(process.execPath, words, { cwd: folder });
    const { phase, steps, timeScales } = JSON.parse(stdout);
    expect([phase, steps.count]).toEqual(["decay", 800]);
    expect(timeScales.memory.tau).toBeGreaterThan(0);
  });
});
