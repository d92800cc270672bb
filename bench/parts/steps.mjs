import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compareLosses, lossBound } from "../lib/agreement.mjs";
import { blasLines } from "../lib/blas.mjs";
import { nodeSide, pythonSide, withSides } from "../lib/field.mjs";
import { gauged, peakSides } from "../lib/peaks.mjs";
import { measure, rate, ratio, raw, shareOfGauge } from "../lib/rounds.mjs";
import { writeStart } from "../lib/start.mjs";
import { failures, figure, spread } from "../lib/table.mjs";
import { held, verdict } from "../lib/targets.mjs";

const BATCH = 128;
/** Number of steps of the check, and of the short check for contestants that would take minutes. */
const CHECK = 10;
const SHORT_CHECK = 2;
/** The targets at each width: the speed of `fast` divided by that of a peer. */
const TARGETS = {
  PyTorch: { 64: 1.3, 256: 0.9, 512: 0.8, 1024: 0.8 },
  "jax-js": { 64: 2.5, 256: 2.5, 512: 2.5, 1024: 2.5 },
  "TensorFlow.js wasm": { 64: 20, 256: 20, 512: 20, 1024: 20 },
};
const SLOW = "TensorFlow.js cpu";

/** 784-h-h-h-10 with one noise node on the first layer, fresh normal noise. */
export function experimentOf(h) {
  return {
    network: { layers: [h, h, h] },
    noise: [{ layer: 0, nodes: 1, sigma: 1 }],
    data: { name: "gaussian-mixture", inputs: 784, classes: 10, train: 4096, test: 0 },
    optimizer: { learningRate: 0.01, batchSize: BATCH },
    seed: 1,
  };
}

/** Times whole training steps of ours and of other libraries. */
export async function steps({ rounds, quick }) {
  const results = [];
  for (const h of quick ? [64, 512] : [64, 256, 512, 1024]) {
    const folder = mkdtempSync(join(tmpdir(), "ninscope-bench-"));
    try {
      await writeStart(folder, experimentOf(h), CHECK);
      results.push(...(await ofWidth(h, folder, rounds, quick)));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  const targets = results.flatMap(({ target }) => target ?? []);
  return { results, targets, tables: [table(results)] };
}

function sidesOf(h, folder, quick) {
  const experiment = experimentOf(h);
  const ours = (name, fast) =>
    nodeSide(name, "ours/step.mjs", [JSON.stringify({ experiment, fast })]);
  const torch = (name, threads) =>
    pythonSide(name, "torch", "peers/step_torch.py", [folder], { threads });
  // jax-js uses relaxed SIMD if the host has it; before Node 22 it needs this flag.
  const old = Number.parseInt(process.versions.node, 10) < 22;
  const flags = old ? ["--experimental-wasm-relaxed-simd"] : [];
  const all = [
    ours("ninscope fast", true),
    ours("ninscope", false),
    torch("PyTorch", 1),
    torch("PyTorch, 2 threads", 2),
    nodeSide("jax-js", "peers/step_jax.mjs", [folder], { flags }),
    nodeSide("TensorFlow.js wasm", "peers/step_tfjs.mjs", [folder, "wasm"]),
    nodeSide(SLOW, "peers/step_tfjs.mjs", [folder, "cpu"]),
  ];
  return quick && h > 64 ? all.filter(({ name }) => name !== SLOW) : all;
}

function ofWidth(h, folder, rounds, quick) {
  const starts = [...peakSides(), ...sidesOf(h, folder, quick)];
  return withSides(starts, async (all) => {
    const sides = gauged(all);
    const bound = lossBound(CHECK, 4, Math.max(784, h));
    const length = ({ name }) => (name === SLOW && h > 256 ? SHORT_CHECK : CHECK);
    const checks = await compareLosses(sides, length, bound);
    const flops = sides[0].side?.ready.flopsPerStep;
    const contestants = sides.map((entry) => ({ ...entry, case: "step", work: flops }));
    const field = await measure(contestants, rounds);
    return field.map((entry, i) => resultOf(field[0], entry, h, checks[i]));
  });
}

function resultOf(fast, entry, h, check) {
  const { name, failed, side, work } = entry;
  const timesAsFast = failed || fast.failed ? null : ratio(fast, entry);
  const atLeast = TARGETS[name]?.[h];
  return {
    h,
    side: name,
    ready: side?.ready,
    failed,
    check,
    stepsPerSecond: rate({ ...entry, work: 1 }),
    measured: raw(entry),
    flopsPerSecond: work ? rate(entry) : null,
    shareOfPeak: shareOfGauge(entry),
    timesAsFast,
    target: atLeast
      ? held(`h = ${h}: fast at least so many times ${name}`, timesAsFast, atLeast)
      : null,
  };
}

function table(results) {
  const invalid = results.filter(({ check }) => check && !check.agrees);
  return {
    title: `Training steps of 784-h-h-h-10, batch ${BATCH}, noise on the first layer`,
    head: [
      ...["h", "by", "steps/s", "GFLOP/s", "of the peak", "fast is so many times as fast"],
      ...["target", "", "losses differ by"],
    ],
    rows: results.map(({ h, side, failed, check, ...result }) => [
      h,
      side,
      failed ? "failed" : spread(result.stepsPerSecond),
      figure((result.flopsPerSecond?.median ?? Number.NaN) / 1e9),
      spread(result.shareOfPeak),
      spread(result.timesAsFast),
      ...verdict(result.target),
      check ? `${check.error.toExponential(1)}${check.agrees ? "" : " INVALID"}` : "",
    ]),
    notes: [
      `Losses of the first ${CHECK} steps from the same start are to differ by ${lossBound(CHECK, 4, 784).toExponential(1)} at most, relatively${invalid.length ? ": INVALID sides do not do the same work" : ""}.`,
      ...blasLines(results.map(({ side, ready }) => ({ side, blas: ready?.blas }))),
      ...failures(results),
    ],
  };
}
