// Measures threads within a run: training steps of 784-h-h-h-10, batch 128, on one thread and on several, beside the peak of
// as many threads and of one, and beside PyTorch on as many threads, in turns. With `--busy`: on one thread, on several and on
// what `auto` chooses, beside each of these numbers of busy loops of other processes. Run `npm run build` first.
// node bench/threads.mjs [--fast] [--threads 2] [--rounds 15] [--busy 0,2] [h ...]
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { loadKernels } from "../dist/node.js";
import { pythonSide, withSides } from "./lib/field.mjs";
import { benchKernels, compileBenchKernels } from "./lib/kernels.mjs";
import { optionsOf } from "./lib/options.mjs";
import { PATIENCE } from "./lib/rounds.mjs";
import { writeStart } from "./lib/start.mjs";
import { summary } from "./lib/statistics.mjs";
import { Training } from "./ours/training.mjs";
import { besideLoops } from "./parts/busy.mjs";
import { experimentOf } from "./parts/steps.mjs";

const { values, positionals } = optionsOf({
  allowPositionals: true,
  options: {
    fast: { type: "boolean", default: false },
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "15" },
    busy: { type: "string" },
  },
});
const threads = Number(values.threads);
const rounds = Number(values.rounds);
const widths = positionals.length > 0 ? positionals.map(Number) : [64, 256, 512, 1024];
/** Seconds of a turn. */
const TURN = 0.15;
/** Milliseconds after PyTorch's turn: for so long its threads may look for work, and take a core from who is next. */
const REST_MS = 50;

/**
 * PyTorch on as many threads. Its own threads and those of its BLAS are two settings, and it is faster now with both and now
 * with the second alone, so both contend.
 */
const torchSides = (folder) =>
  [
    [`PyTorch on ${threads}`, threads],
    [`PyTorch on ${threads} of its BLAS alone`, 1],
  ].map(([name, own]) =>
    pythonSide(name, "torch", "peers/step_torch.py", [folder], {
      threads,
      environment: { OMP_NUM_THREADS: own },
    }),
  );

const kernels = await loadKernels({ fast: values.fast });
const { flavour } = kernels;
await compileBenchKernels();
const module = await benchKernels(flavour);
const load = loadavg()[0];
console.log(
  `${cpus()[0].model.trim()}, ${cpus().length} virtual cores, Node ${process.versions.node}, ${flavour} kernels; load of the machine before: ${load.toFixed(1)}`,
);
if (values.busy !== undefined) {
  const loops = values.busy.split(",").map(Number);
  for (const h of widths) await besideLoops(h, { kernels, threads, rounds, loops });
  process.exit(0);
}

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

for (const h of widths) {
  const folder = mkdtempSync(join(tmpdir(), "ninscope-bench-"));
  try {
    await writeStart(folder, experimentOf(h), 1);
    await withSides(torchSides(folder), (sides) => ofWidth(h, sides));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
process.exit(0);

async function ofWidth(h, sides) {
  const one = await Training.begin(experimentOf(h), { kernels, threads: 1 });
  const many = await Training.begin(experimentOf(h), { kernels, threads });
  const peers = sides.map(({ name, side, failed }) => ({
    ...{ name, failed, rates: [], ours: [], blas: side?.ready.blas.name },
    /** Makes a number of steps; returns their time in seconds. */
    run: async (steps) => (await side.request({ run: steps, case: "step" }, PATIENCE)).seconds,
  }));
  // Warm up, and find the number of steps of a turn.
  const steps = await stepsOfTurn((count) => one.run(count));
  await many.run(steps);
  for (const peer of peers) if (!peer.failed) peer.steps = await stepsOfTurn(peer.run);
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
    for (const peer of peers) {
      if (peer.failed) continue;
      const rate = peer.steps / (await peer.run(peer.steps));
      peer.rates.push(rate);
      peer.ours.push(steps / tookMany / rate);
      await sleep(REST_MS);
    }
  }
  const shown = (values, digits = 2) => {
    const { q1, median, q3 } = summary(values);
    return `${median.toFixed(digits)} (${q1.toFixed(digits)} to ${q3.toFixed(digits)})`;
  };
  console.log(
    `h ${h}: ${shown(found.one, 1)} steps/s on one thread, ${shown(found.many, 1)} on ${threads}: ratio ${shown(found.gain)}; of the peaks ${shown(found.peak)}; the first over the second ${shown(found.share)}; processor time of a step ${shown(found.cpu)} ms on one thread, ${shown(found.cpuMany)} ms on ${threads}`,
  );
  for (const { name, failed, rates, ours, blas } of peers) {
    console.log(
      failed
        ? `  ${name}: ${failed}`
        : `  ${name} (${blas}): ${shown(rates, 1)} steps/s; ours on ${threads} are ${shown(ours)} times as fast`,
    );
  }
}

/** The number of steps that fill a turn. */
async function stepsOfTurn(run) {
  let steps = 1;
  while ((await run(steps)) < TURN / 2) steps *= 2;
  return Math.max(1, Math.round((steps * TURN) / (await run(steps))));
}
