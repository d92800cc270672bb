// Measures the GPU of this machine and writes one JSON file: `npm run build && npm run bench:gpu [FILE]`.
// Where Python has torch with CUDA, the same step is timed there too, eagerly and under vmap.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { measureGpu } from "../dist/node.js";

const file = process.argv[2] ?? "bench-gpu.json";
const measured = await measureGpu();
if (measured.software)
  console.error(`WARNING: ${measured.adapter} is software: its times mean nothing`);

const { status, stdout, stderr } = spawnSync("python3", ["bench/torch_step.py"], {
  encoding: "utf8",
});
const torch =
  status === 0
    ? JSON.parse(stdout)
    : { unmeasured: (stderr ?? "no python3").trim().split("\n").pop() };

const { product, step, ensemble, linear } = measured;
const held = {
  "4096-cubed product above 50 % of the measured peak": product.shareOfPeak > 0.5,
  "64 replicas at least 20 times the throughput of one": ensemble.throughput >= 20,
  "1024 x 1024 linear cells, 1000 steps, under 0.5 s": linear.seconds < 0.5,
  "a step at least as fast as PyTorch eager": torch.eager
    ? step.seconds <= torch.eager
    : "unmeasured",
  "64 replicas above PyTorch's vmap": torch.vmap ? ensemble.seconds <= torch.vmap : "unmeasured",
};
const report = { date: new Date().toISOString(), ...measured, torch, held };
writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
console.log(JSON.stringify(report, null, 2));
process.exit(0);
