// The gauge beside its rivals: what each instrument reads of one layer's curvature, how far it is off, what error it states, and
// what it costs. node bench/gauge.mjs [--quick] [--coverage] [docs/gauge-rivals.md]. Run `npm run build` first; it takes some
// minutes of one core. `--coverage` counts instead how often the 95 % intervals of the noise probe hold the truth. Tables go
// between the file's marks; whole runs also write bench/results.
import { coverage, coverageLines } from "./gauge/coverage.mjs";
import { FAR, REACH, readingsOf } from "./gauge/instruments.mjs";
import { moments, NETWORKS } from "./gauge/networks.mjs";
import { pointwiseTruth, smoothedTruth } from "./gauge/truth.mjs";
import { describeHost } from "./lib/host.mjs";
import { checkMarks, writeBetweenMarks } from "./lib/networks.mjs";
import { optionsOf } from "./lib/options.mjs";
import { hostName, writeReport } from "./lib/results.mjs";
import { quantile } from "./lib/statistics.mjs";
import { printTable } from "./lib/table.mjs";

const { values, positionals } = optionsOf({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    coverage: { type: "boolean", default: false },
  },
});
const [path] = positionals;
const mark = values.coverage ? "coverage" : "rivals";
if (path) checkMarks(path, mark);
const seeds = values.quick ? [0] : [0, 1, 2];
const epochs = 10;
const host = describeHost();
const median = (list) => {
  const known = list.filter(Number.isFinite);
  return known.length > 0 ? quantile(known, 0.5) : Number.NaN;
};

if (values.coverage) {
  const counted = values.quick ? await coverage(40, 200) : await coverage(200, 1000);
  const text = coverageLines(counted);
  console.log(text);
  if (path) writeBetweenMarks(path, mark, text);
  if (!values.quick) save("gauge-coverage", counted);
} else {
  const blocks = [];
  for (const network of NETWORKS) {
    const readings = { start: [], trained: [] };
    for (const seed of seeds) {
      for await (const state of moments(network, seed, epochs)) {
        readings[state.moment].push(await measured(state, seed));
      }
    }
    for (const moment of ["start", "trained"]) {
      const block = summarised(`${network[0]}, ${moment}`, readings[moment]);
      blocks.push(block);
      printTable({
        title: block.title,
        head: ["", "reads", "error %", "bias %", "stated %", "passes", "ms"],
        rows: block.rows.map((row) => [
          row.name,
          row.reads,
          ...[row.error, row.bias, row.stated].map((x) => percent(x)),
          row.passes,
          (1000 * row.seconds).toFixed(0),
        ]),
        notes: [JSON.stringify(block.truth)],
      });
    }
  }
  if (path) writeBetweenMarks(path, mark, markdown(blocks));
  if (!values.quick) save("gauge", { seeds: seeds.length, epochs, reach: REACH, blocks });
}

/** One state's readings, each with its relative errors against the truth that it estimates. */
async function measured({ network, probe, layer, streams, kernels, gradient }, seed) {
  const pointwise = await pointwiseTruth(probe, gradient.mean);
  const smoothed = await smoothedTruth(probe, gradient.mean, REACH, streams, pointwise);
  const { weights, rows } = await readingsOf({ layer, probe, streams, seed, gradient, kernels });
  const kinks = network.activation === "relu";
  const truths = {
    pointwise: await at(pointwise, weights),
    smoothed: await at(kinks ? smoothed : { ...smoothed, form: pointwise.form }, weights),
  };
  return {
    truths,
    rows: rows.map((row) => {
      // Without kinks both curvatures are one, but for the reach.
      const truth = truths[kinks ? row.kind : "pointwise"][row.reads] ?? Number.NaN;
      const off = row.value / truth - 1;
      return { ...row, off, relative: row.stated / Math.abs(truth) };
    }),
  };
}

async function at({ largest, mean, gradient, form }, weights) {
  const near = await form(weights, REACH);
  const far = await form(weights, FAR);
  const formError = near.error / Math.abs(near.value);
  return { largest, mean, gradient, form: near.value, farForm: far.value, formError };
}

/** Medians over the seeds. */
function summarised(title, states) {
  const of = (name, value) =>
    median(states.map(({ rows }) => value(rows.find((row) => row.name === name))));
  const truth = (kind) =>
    Object.fromEntries(
      Object.keys(states[0].truths[kind]).map((key) => [
        key,
        median(states.map(({ truths }) => truths[kind][key])),
      ]),
    );
  return {
    title,
    truth: { pointwise: truth("pointwise"), smoothed: truth("smoothed") },
    rows: states[0].rows.map(({ name, reads, kind }) => ({
      name,
      reads,
      kind,
      error: of(name, ({ off }) => Math.abs(off)),
      bias: of(name, ({ off }) => off),
      stated: of(name, ({ relative }) => relative),
      passes: of(name, ({ passes }) => passes),
      seconds: of(name, ({ seconds }) => seconds),
      bySeed: states.map(({ rows }) => rows.find((row) => row.name === name).off),
      failed: states.filter(({ rows }) => rows.find((row) => row.name === name).reason).length,
    })),
  };
}

function markdown(blocks) {
  const TRUTHS = {
    form: "form along the noise weights",
    farForm: "form along the noise weights",
    mean: "tr/d",
    gradient: "form along the gradient",
    largest: "largest eigenvalue",
    all: "everything",
  };
  const titles = blocks.map(({ title }) => title);
  const lines = blocks[0].rows.map(({ name, reads }, i) => {
    const own = blocks.map(({ rows }) => rows[i]);
    const over = (key) => median(own.map((row) => row[key]));
    const cells = own.map(({ error, stated, failed }) => {
      if (reads === "all") return "exact";
      if (failed === seeds.length) return "no value";
      const none = failed > 0 ? `; no value for ${failed} of ${seeds.length} seeds` : "";
      return `${percent(error)} (${percent(stated)})${none}`;
    });
    const cost = [over("passes"), `${(1000 * over("seconds")).toFixed(0)} ms`];
    return [name, TRUTHS[reads], ...cells, ...cost].join(" | ");
  });
  const ratio = (key) =>
    blocks.map(({ truth }) => (truth.smoothed[key] / truth.pointwise[key]).toFixed(2)).join(" | ");
  const head = (cells) => [`| ${cells.join(" | ")} |`, `|${" --- |".repeat(cells.length)}`];
  return [
    ...head(["instrument", "reads", ...titles, "passes", "time"]),
    ...lines.map((line) => `| ${line} |`),
    "",
    "The smoothed curvature over the pointwise one:",
    "",
    ...head(["", ...titles]),
    ...["largest", "mean", "gradient", "form"].map((key) => `| ${TRUTHS[key]} | ${ratio(key)} |`),
  ].join("\n");
}

function percent(x) {
  if (!Number.isFinite(x)) return "";
  const hundred = 100 * x;
  if (Math.abs(hundred) < 0.01) return "<0.01";
  return Math.abs(hundred) < 10 ? hundred.toPrecision(2) : hundred.toFixed(0);
}

function save(part, result) {
  const file = `bench/results/${hostName(host)}-${part}.json`;
  writeReport(file, { date: new Date().toISOString(), host, [part]: result });
  console.log(`\n${file}`);
}
