import { join } from "node:path";
import { gaugeCsv } from "../gauge/exportRecords.js";
import type { GaugeLog } from "../gauge/gaugeLog.js";
import type { GaugeResult } from "../gauge/gaugeResult.js";
import { withError } from "../gauge/verdict.js";
import { gaugeCurves } from "../report/gaugeCurves.js";
import { type PagePart, type PageTable, page } from "../report/page.js";
import { writeWhole } from "../store/node/atomic.js";
import { writeFigure, writeJson } from "../store/node/results.js";
import { digits, phaseName, table } from "./terminal.js";
import { timeScaleTable } from "./timeScaleTable.js";

/** A log, and what it tells. */
export interface Gauged {
  /** The log's path. */
  readonly path: string;
  readonly log: GaugeLog;
  readonly result: GaugeResult;
}

/** The command line's JSON: the result, and what it was read from. */
export function gaugeSummary({ log, result }: Gauged) {
  const { nodes, records } = log;
  const steps = { count: records.length, first: records[0].step, last: lastOf(log).step };
  return { ...result, nodes, steps };
}

/** Writes summary, figure, report and the records as a table into a folder. */
export async function writeGauge(folder: string, gauged: Gauged): Promise<void> {
  const { path, log, result } = gauged;
  const { nodes, records } = log;
  const { phase, curvature } = result;
  const { sigma, learningRate, trainingRate = learningRate } = nodes;
  const caption = settings(gauged);
  const svg = gaugeCurves({
    ...{ title: "What the noise nodes tell", caption },
    ...{ phase, sigma, records, curvature, trainingRate },
  });
  await writeFigure(folder, "gauge", svg);
  await writeWhole(join(folder, "gauge.csv"), gaugeCsv(records));
  const parts: PagePart[] = [
    { heading: phase, words: [result.evidence.reason, ...result.alarms.map(alarm)], svg },
    { heading: "Curvature along the noise weights", table: curvatureTable(result) },
    { heading: "Time scales", table: timeScalesOf(result) },
  ];
  const written = page({
    ...{ title: "What the noise nodes tell", lead: `${result.verdict}.`, parts },
    provenance: [
      ["log", path],
      ["noise nodes", JSON.stringify(nodes)],
      ["records", String(records.length)],
    ],
  });
  await writeWhole(join(folder, "report.html"), written);
  await writeJson(folder, "summary.json", gaugeSummary(gauged));
}

/** The description for a terminal. */
export function describedGauge({ log, result }: Gauged): string {
  const { phase, evidence, verdict, alarms } = result;
  const [curvature, scales] = [curvatureTable(result), timeScalesOf(result)];
  const { records } = log;
  return [
    verdict,
    `${phaseName(phase)} (${evidence.reason})`,
    ...alarms.map(alarm),
    table(curvature.head, curvature.rows),
    table(scales.head, scales.rows),
    `${records.length} records, steps ${records[0].step} to ${lastOf(log).step}`,
  ].join("\n");
}

/** One line about a log that grows. */
export function gaugeLine({ log, result }: Gauged): string {
  const { phase, now, kappa, alarms } = result;
  const { step, loss, norm, memory } = lastOf(log);
  const numbers = [
    ...[`loss ${digits(loss)}`, `norm ${digits(norm)}`, `memory ${digits(memory)}`],
    ...[`curvature ${withError(now.value, now.error)}`, `kappa ${digits(kappa)}`],
  ];
  return `step ${step}: ${[phaseName(phase), ...numbers].join(", ")}${alarms.map((text) => `; ${alarm(text)}`).join("")}`;
}

function settings({ path, log: { nodes } }: Gauged): string {
  const { width, nodes: count, sigma, learningRate, batch } = nodes;
  const trained = learningRate > 0 ? `learning rate ${digits(learningRate)}` : "not trained";
  return `${path}; ${count} nodes of sigma ${digits(sigma)} on ${width} units, ${trained}, batches of ${batch}`;
}

function alarm(text: string): string {
  return `! ${text}`;
}

function curvatureTable({ curvature }: GaugeResult): PageTable {
  return {
    head: ["around step", "curvature along the noise", "standard error"],
    rows: curvature.map(({ step, value, error }) => [digits(step), digits(value), digits(error)]),
  };
}

function timeScalesOf({ timeScales }: GaugeResult): PageTable {
  return timeScaleTable(timeScales, ["memory", "niw", "loss"]);
}

function lastOf({ records }: GaugeLog) {
  return records[records.length - 1];
}
