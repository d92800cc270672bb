// Measures the GPU of this machine and writes one JSON file: `npm run build && npm run bench:gpu [FILE]`.
// If Python (`python3`, or the program in PYTHON) has torch with CUDA, it times the same step there too, eagerly and under
// vmap. --small uses sizes that a GPU in software can compute; it only shows that the script runs.
import { spawnSync } from "node:child_process";
import { accessSync, constants, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { measureGpu } from "../dist/node.js";
import { optionsOf } from "./lib/options.mjs";

const SMALL = {
  product: 128,
  widths: [20, 16, 10],
  batch: 8,
  replicas: 4,
  grid: 16,
  steps: 100,
  seconds: 0,
};

function options() {
  const { values, positionals } = optionsOf({
    options: { small: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const [file = "bench-gpu.json"] = positionals;
  // Checks before the measurements whether the file can be written.
  accessSync(dirname(resolve(file)), constants.W_OK);
  return { small: values.small, file };
}

/** Times the same step in PyTorch on this machine's GPU, or returns why it could not. */
function torchStep() {
  const script = fileURLToPath(new URL("torch_step.py", import.meta.url));
  const { status, stdout, stderr, error } = spawnSync(process.env.PYTHON ?? "python3", [script], {
    encoding: "utf8",
  });
  if (status === 0) return JSON.parse(stdout);
  return { unmeasured: error?.message ?? stderr.trim().split("\n").pop() };
}

/** The targets: a measured number, the number that it should reach, and whether it does; null if it was not measured. */
function heldTo({ product, step, ensemble, linear }, torch) {
  const bar = (what, value, takes, holds) => ({
    what,
    value,
    takes,
    holds: value === null ? null : holds(value),
  });
  const least = (what, value, aim) => bar(what, value, `at least ${aim}`, (x) => x >= aim);
  const ratio = (theirs, own) => (theirs ? theirs / own : null);
  return [
    least("4096-cubed product, share of the measured peak", product.shareOfPeak, 0.7),
    least("PyTorch's eager step, in steps of this", ratio(torch.eager, step.seconds), 1),
    least(
      "64 replicas' step under PyTorch's vmap, in steps of these",
      ratio(torch.vmap, ensemble.seconds),
      1,
    ),
    bar(
      "1024 x 1024 linear cells, 1000 steps, seconds",
      linear.seconds,
      "below 0.5",
      (x) => x < 0.5,
    ),
  ];
}

async function main() {
  const { small, file } = options();
  const measured = await measureGpu({}, small ? SMALL : undefined);
  const torch = small ? { unmeasured: "other sizes" } : torchStep();
  const report = {
    date: new Date().toISOString(),
    node: process.version,
    ...measured,
    torch,
    held: small ? [] : heldTo(measured, torch),
  };
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  console.log(JSON.stringify(report, null, 2));
  if (small) console.error("WARNING: small sizes: these times say nothing about this GPU");
  if (measured.software) console.error(`WARNING: ${measured.adapter} is software`);
}

await main().catch((error) => {
  console.error(`bench:gpu: ${error.message.split("\n")[0]}`);
  process.exitCode = 1;
});
