// Times what a run of Fashion-MNIST does before its first step: load 60,000 images (read, unpack, normalise, check) and as
// many as the test set has, digest them, parse the experiment and lower it. Run `npm run build` first.
// node bench/loading.mjs [ROUNDS]

import { nodeFiles } from "../build/js/ts/data/node/files.js";
import { parseExperiment } from "../build/js/ts/experiment/parse.js";
import { lower } from "../build/js/ts/program/lower.js";
import { hashDataset } from "../build/js/ts/train/dataKey.js";
import { loadData } from "../build/js/ts/train/loadData.js";
import { planOf } from "../build/js/ts/train/plan.js";
import { loadKernels } from "../dist/node.js";
import { summary } from "./lib/statistics.mjs";
import { figure, printTable, spread } from "./lib/table.mjs";

const rounds = Number(process.argv[2] ?? 15);
const input = {
  network: { layers: [512, 512, 512] },
  noise: [{ sigma: 2 }],
  data: { name: "fashion-mnist", train: 60000, test: 10000, normalization: "standard" },
};
const kernels = await loadKernels();
const files = nodeFiles();
const times = new Map();

/** Calls `work`, and notes how many milliseconds it took. */
async function timed(what, work) {
  const start = performance.now();
  const made = await work();
  const all = times.get(what) ?? [];
  times.set(what, [...all, performance.now() - start]);
  return made;
}

for (let round = 0; round < rounds; round++) {
  const experiment = await timed("parse", () => parseExperiment(input));
  const data = await timed("load", () => loadData(input.data, { files, kernels }));
  await timed("digest", () => hashDataset(data));
  await timed("lower", () => lower(planOf(experiment, data)));
}
printTable({
  title: `Before the first step of 60,000 images, in ms (${rounds} rounds)`,
  head: ["what", "first time", "median (quartiles)"],
  rows: [...times].map(([what, all]) => [what, figure(all[0]), spread(summary(all))]),
});
