// Measures what regularisers cost a training step of 784-h-h-h-10, batch 128: each beside the same step without it, in turns.
// Run `npm run build` first. node bench/regularisers.mjs [--rounds 15] [h ...]
import { cpus, loadavg } from "node:os";
import { loadKernels } from "../dist/node.js";
import { optionsOf } from "./lib/options.mjs";
import { summary } from "./lib/statistics.mjs";
import { printTable } from "./lib/table.mjs";
import { Training } from "./ours/training.mjs";
import { experimentOf } from "./parts/steps.mjs";

const { values, positionals } = optionsOf({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "15" } },
});
const rounds = Number(values.rounds);
const widths = positionals.length > 0 ? positionals.map(Number) : [64, 256, 512];
/** Least processor time of a turn, in seconds. */
const TURN = 0.2;

/** What is measured, at which activation. Smooth networks with noise nodes also propagate the loss' own gradient. */
const CASES = [
  ["relu", "dropout", { dropout: 0.2 }],
  ["relu", "inputNoise", { inputNoise: 0.1 }],
  ["relu", "jacobian", { jacobian: 0.001 }],
  ["tanh", "jacobian", { jacobian: 0.001 }],
  ["tanh", "jacobian, no noise nodes", { jacobian: 0.001 }, []],
];

const kernels = await loadKernels();
const load = loadavg()[0].toFixed(1);
console.log(
  `${cpus()[0].model.trim()}, Node ${process.versions.node}, ${kernels.flavour} kernels; load of the machine before: ${load}`,
);
const rows = [];
for (const [activation, name, regularization, noise] of CASES) {
  for (const h of widths) {
    const own = experimentOf(h);
    const network = { ...own.network, activation };
    const plain = { ...own, network, noise: noise ?? own.noise };
    rows.push([activation, name, h, await ratio(plain, { ...plain, regularization })]);
  }
}
const head = ["activation", "setting", "h", "processor time of a step over that without"];
printTable({ title: `Median of ${rounds} rounds, quartiles`, head, rows });
process.exit(0);

/** Both sides' processor time, which other load on the machine disturbs less than the clock's. */
async function ratio(plain, regularised) {
  const [one, other] = await Promise.all(
    [plain, regularised].map((experiment) => Training.begin(experiment, { kernels, threads: 1 })),
  );
  // Whole epochs: their random numbers are drawn at once.
  let steps = plain.data.train / plain.optimizer.batchSize;
  // Warms up, too.
  while ((await processorTime(one, steps)) < TURN) steps *= 2;
  await processorTime(other, steps);
  const ratios = [];
  for (let round = 0; round < rounds; round++) {
    const swaps = round % 2 === 1;
    const first = await processorTime(swaps ? other : one, steps);
    const second = await processorTime(swaps ? one : other, steps);
    ratios.push(swaps ? first / second : second / first);
  }
  const { median, q1, q3 } = summary(ratios);
  return `${median.toFixed(2)} (${q1.toFixed(2)} to ${q3.toFixed(2)})`;
}

/** In seconds. */
async function processorTime(training, steps) {
  const before = process.cpuUsage();
  await training.run(steps);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
