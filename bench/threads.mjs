// Measures threads within a run: training steps of 784-h-h-h-10, batch 128, on one thread and on several, in turns in one
// process, beside the peak of as many threads and of one. Run `npm run build` first.
// node bench/threads.mjs [--fast] [--threads 2] [--rounds 15] [h ...]
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { loadKernels } from "../dist/node.js";
import { benchKernels, compileBenchKernels } from "./lib/kernels.mjs";
import { summary } from "./lib/statistics.mjs";
import { Training } from "./ours/training.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    fast: { type: "boolean", default: false },
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "15" },
  },
});
const threads = Number(values.threads);
const rounds = Number(values.rounds);
const widths = positionals.length > 0 ? positionals.map(Number) : [64, 256, 512, 1024];
/** Seconds of a turn. */
const TURN = 0.15;

const kernels = await loadKernels({ fast: values.fast });
const { flavour } = kernels;
await compileBenchKernels();
const module = await benchKernels(flavour);

/** A thread that makes rounds of the peak's loop when it is asked. */
const PEAK = `
const { parentPort, workerData } = require("node:worker_threads");
const { peak } = new WebAssembly.Instance(workerData).exports;
parentPort.on("message", (rounds) => {
  const operations = peak(rounds, 1, 0);
  parentPort.postMessage(operations);
});
`;
const peakThreads = Array.from(
  { length: threads },
  () => new Worker(PEAK, { eval: true, workerData: module }),
);

/** Operations a second of the first `count` threads together. */
async function peakOf(count, units) {
  const start = performance.now();
  const made = await Promise.all(
    peakThreads.slice(0, count).map((thread) => {
      const answer = new Promise((resolve) => thread.once("message", resolve));
      thread.postMessage(units);
      return answer;
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  return made.reduce((sum, operations) => sum + operations, 0) / seconds;
}

// Until the compiler has optimised the loop on every thread; then a turn's number of rounds.
for (let i = 0; i < 5; i++) await peakOf(threads, 20_000);
const operationsOfRound = await (async () => {
  const start = performance.now();
  const rate = await peakOf(1, 20_000);
  return (rate * (performance.now() - start)) / 1000 / 20_000;
})();
const peakUnits = Math.max(1, Math.round((TURN * (await peakOf(1, 20_000))) / operationsOfRound));

const load = loadavg()[0];
console.log(
  `${cpus()[0].model.trim()}, ${cpus().length} virtual cores, Node ${process.versions.node}, ${flavour} kernels; load of the machine before: ${load.toFixed(1)}`,
);

for (const h of widths) {
  const experiment = {
    network: { layers: [h, h, h] },
    data: { name: "gaussian-mixture", inputs: 784, classes: 10, train: 2048, test: 0 },
    optimizer: { batchSize: 128, learningRate: 1e-3 },
  };
  const one = await Training.begin(experiment, { kernels, threads: 1 });
  const many = await Training.begin(experiment, { kernels, threads });
  // Warm up both, and find the number of steps of a turn.
  let steps = 1;
  while ((await one.run(steps)) < TURN / 2) steps *= 2;
  await many.run(steps);
  steps = Math.max(1, Math.round((steps * TURN) / (await one.run(steps))));
  const found = { one: [], many: [], gain: [], peak: [], share: [], cpu: [], cpuMany: [] };
  /** Also the processor time of all threads, in ms a step: what other load takes does not count there. */
  const timed = async (training, cpu) => {
    const before = process.cpuUsage();
    const took = await training.run(steps);
    const { user, system } = process.cpuUsage(before);
    cpu.push((user + system) / 1000 / steps);
    return took;
  };
  for (let round = 0; round < rounds; round++) {
    const peakOne = await peakOf(1, peakUnits);
    const took = await timed(one, found.cpu);
    const peakMany = await peakOf(threads, peakUnits);
    const tookMany = await timed(many, found.cpuMany);
    found.one.push(steps / took);
    found.many.push(steps / tookMany);
    found.gain.push(took / tookMany);
    found.peak.push(peakMany / peakOne);
    found.share.push((took / tookMany) * (peakOne / peakMany));
  }
  const shown = (name, digits = 2) => {
    const { q1, median, q3 } = summary(found[name]);
    return `${median.toFixed(digits)} (${q1.toFixed(digits)} to ${q3.toFixed(digits)})`;
  };
  console.log(
    `h ${h}: ${shown("one", 1)} steps/s on one thread, ${shown("many", 1)} on ${threads}: ratio ${shown("gain")}; of the peaks ${shown("peak")}; the first over the second ${shown("share")}; processor time of a step ${shown("cpu")} ms on one thread, ${shown("cpuMany")} ms on ${threads}`,
  );
}
process.exit(0);
