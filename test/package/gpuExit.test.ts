import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { testGpu } from "../gpu.js";

const run = promisify(execFile);
const found = await testGpu();

/** Ms after which a process does not end by itself: one that does takes seconds, minutes where others are busy. */
const HANGS = 600_000;

const dist = pathToFileURL(resolve("dist/node.js")).href;
const EXPERIMENT = JSON.stringify({
  network: { layers: [] },
  data: { name: "gaussian-mixture", inputs: 6, classes: 3, train: 30, test: 0 },
  optimizer: { batchSize: 10 },
  epochs: 2,
});
const scripts = {
  "that trains": `import { train } from "${dist}";
const { backend } = await train(${EXPERIMENT}, { backend: "webgpu" });
console.log(backend.name);`,
  "that sweeps": `import { sweep } from "${dist}";
const { runs } = await sweep({ ...${EXPERIMENT}, sweep: { "noise.0.sigma": [1, 2] } }, { backend: "webgpu" });
console.log(runs[0].backend.name);`,
  "that runs the linear model's recursion": `import { linearExperiment, loadKernels, runLinearEnsemble } from "${dist}";
const model = { width: 8, samples: 10, learningRate: 0.05, steps: 20, sigma: 1, seed: 0 };
const spec = { experiment: linearExperiment(model), sigmas: [1], learningRates: [0.05], seeds: [0] };
const cells = await runLinearEnsemble(spec, { kernels: await loadKernels(), backend: "webgpu" });
if (cells[0].steps === 20) console.log("webgpu");`,
  "that times the machines": `import { bench } from "${dist}";
const { rows } = await bench({ sizes: { widths: [4], batches: [4], replicas: [1] } });
console.log(rows[1].backend);`,
  "whose own error is caught": `import { train } from "${dist}";
await train(${EXPERIMENT}, { backend: "webgpu", onRecord: () => { console.log("webgpu"); throw new Error("mine"); } }).catch(() => {});`,
};

test.skipIf("none" in found).each(Object.entries(scripts))(
  "a script %s on a GPU ends by itself",
  async (_, script) => {
    const folder = await mkdtemp(join(tmpdir(), "ninscope-exit-"));
    try {
      const file = join(folder, "script.mjs");
      await writeFile(file, script);
      const { stdout } = await run(process.execPath, [file], { timeout: HANGS });
      expect(stdout).toMatch(/^webgpu\n/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);

test.skipIf("none" in found)(
  "a script that throws while a GPU works for it ends, with exit code 1",
  async () => {
    const script = `import { train } from "${dist}";
const onRecord = () => setTimeout(() => { throw new Error("mine"); });
train({ ...${EXPERIMENT}, epochs: 1000 }, { backend: "webgpu", onRecord });`;
    const flags = ["--input-type=module", "--eval", script];
    const ended = run(process.execPath, flags, { timeout: HANGS });
    await expect(ended).rejects.toMatchObject({ code: 1, killed: false });
  },
);
