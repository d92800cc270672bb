import { nodeSide, withSides } from "../lib/field.mjs";
import { gauged, peakSides } from "../lib/peaks.mjs";
import { measure, rate, raw, shareOfGauge } from "../lib/rounds.mjs";
import { exponent, summary } from "../lib/statistics.mjs";
import { failures, figure, spread } from "../lib/table.mjs";
import { linearExperiment } from "./linear.mjs";

const WIDTH = 256;
const BATCH = 128;
/** Throughput below this share of its best counts as fallen. */
const FALLEN = 0.8;

const doublings = (from, to, factor = 2) => {
  const values = [];
  for (let value = from; value <= to; value *= factor) values.push(value);
  return values;
};

/** The network 784-w-...-w-10; the benchmark varies one of its numbers at a time. */
function network({ width = WIDTH, depth = 3, batch = BATCH, nodes = 1, rows = 1024, images }) {
  const experiment = {
    network: { layers: new Array(depth).fill(width) },
    noise: [{ layer: 0, nodes, sigma: 1 }],
    data: { name: "gaussian-mixture", inputs: 784, classes: 10, train: rows, test: 0 },
    optimizer: { learningRate: 1e-3, batchSize: batch },
  };
  const widths = [784, ...experiment.network.layers, 10];
  const between = 2 * 4 * batch * widths.reduce((sum, n) => sum + n, nodes);
  return {
    file: "ours/step.mjs",
    options: { experiment, fast: true, images },
    case: "step",
    // Weights, and the activations and gradients of a batch; for images also all the data.
    touched: ({ parameters }) => 4 * parameters + between + (images ? 784 * images : 0),
  };
}

function ensemble(cells) {
  return {
    file: "ours/ensemble.mjs",
    options: { experiment: linearExperiment(100), cells, fast: true },
    case: "ensemble",
    touched: ({ memoryBytes }) => memoryBytes,
  };
}

const SWEEPS = {
  width: { values: doublings(16, 2048), of: (width) => network({ width }) },
  depth: { values: doublings(1, 32), of: (depth) => network({ depth }) },
  batch: { values: doublings(1, 4096, 4), of: (batch) => network({ batch, rows: 4096 }) },
  samples: {
    values: [938, 1875, 3750, 7500, 15_000, 30_000, 60_000],
    of: (images) => network({ images }),
  },
  "noise nodes": { values: doublings(1, 1024, 4), of: (nodes) => network({ nodes }) },
  "ensemble size": { values: doublings(4, 65_536, 4), of: ensemble },
};

/** Measures how a step's time and memory grow with one number, the others fixed. */
export async function growth({ rounds, quick, host }) {
  const results = [];
  for (const [name, { values, of }] of Object.entries(SWEEPS)) {
    const chosen = quick ? values.filter((_, i) => i % 3 === 0) : values;
    results.push(await swept(name, chosen, of, rounds, host));
  }
  return { results, tables: [...results.map(points), fits(results)] };
}

function swept(name, values, of, rounds, host) {
  const cases = values.map(of);
  const starts = cases.map(({ file, options }, i) =>
    nodeSide(String(values[i]), file, [JSON.stringify(options)]),
  );
  return withSides([...peakSides(), ...starts], async (sides) => {
    const contestants = gauged(sides).map((entry, i) => {
      const { flopsPerStep = 0, stepsPerUnit = 1 } = entry.side?.ready ?? {};
      // A step of the ensemble updates all cells, with about 65 operations each.
      const work = flopsPerStep || 65 * values[i] * stepsPerUnit;
      return { ...entry, case: cases[i].case, work, stepsPerUnit };
    });
    const field = await measure(contestants, rounds);
    const rows = field.map((entry, i) => ({
      value: values[i],
      side: entry.name,
      failed: entry.failed,
      secondsPerStep: secondsPerStep(entry),
      measured: raw(entry),
      flopsPerSecond: rate(entry),
      shareOfPeak: shareOfGauge(entry),
      memoryBytes: entry.side?.ready.memoryBytes,
      touchedBytes: entry.side && cases[i].touched(entry.side.ready),
    }));
    return { name, rows, ...fitted(rows), outgrown: outgrown(rows, host) };
  });
}

function secondsPerStep({ seconds, stepsPerUnit }) {
  return summary(seconds.filter(Number.isFinite).map((s) => s / stepsPerUnit));
}

/** Exponents over the whole range, and over the last points, where constant costs no longer matter. */
function fitted(rows) {
  const made = rows.filter(({ failed }) => !failed);
  if (made.length < 3) return {};
  const of = (some) => ({
    time: exponent(
      some.map((row) => row.value),
      some.map((row) => row.secondsPerStep.median),
    ),
    memory: exponent(
      some.map((row) => row.value),
      some.map((row) => row.memoryBytes),
    ),
  });
  return { exponent: of(made), exponentAtEnd: of(made.slice(-3)) };
}

/** The first value beyond the best at which throughput has fallen, and the caches that it no longer fits. */
function outgrown(rows, { caches }) {
  const shares = rows.map(({ shareOfPeak }) => shareOfPeak?.median ?? 0);
  const best = shares.indexOf(Math.max(...shares));
  const at = shares.findIndex((share, i) => i > best && share > 0 && share < FALLEN * shares[best]);
  if (at < 0) return null;
  const { value, touchedBytes } = rows[at];
  const small = caches.filter(({ bytes }) => bytes < touchedBytes).map(({ level }) => `L${level}`);
  return { value, touchedBytes, best: rows[best].value, beyond: small };
}

function points({ name, rows }) {
  return {
    title: `Growth with ${name}`,
    head: [name, "us/step", "GFLOP/s", "of the peak", "memory, MB", "touched by a step, MB"],
    rows: rows.map((row) => [
      row.value.toLocaleString("en"),
      row.failed ? "failed" : spread(row.secondsPerStep, 1e6),
      figure((row.flopsPerSecond?.median ?? Number.NaN) / 1e9),
      spread(row.shareOfPeak),
      figure(row.memoryBytes / 1e6),
      figure(row.touchedBytes / 1e6),
    ]),
    notes: failures(rows),
  };
}

function fits(results) {
  const both = (fit) => [figure(fit?.time ?? Number.NaN), figure(fit?.memory ?? Number.NaN)];
  return {
    title: `Fitted exponents, and where throughput falls below ${100 * FALLEN} % of its best`,
    head: [
      ...["with", "time", "memory", "time, last three", "memory, last three"],
      ...["best at", "fallen at", "touches, MB", "more than"],
    ],
    rows: results.map(({ name, exponent: whole, exponentAtEnd, outgrown: at }) => [
      name,
      ...both(whole),
      ...both(exponentAtEnd),
      ...(at
        ? [at.best, at.value, figure(at.touchedBytes / 1e6), at.beyond.join(", ") || "no cache"]
        : ["", "nowhere", "", ""]),
    ]),
  };
}
