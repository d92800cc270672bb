import { type GaugeNodes, type GaugeRecord, RECORD_KEYS } from "./record.js";

/** A table of records for spreadsheets and dashboards: a header, then a line for each record. What is unknown is left empty. */
export function gaugeCsv(records: readonly GaugeRecord[]): string {
  const rows = records.map((record) =>
    RECORD_KEYS.map((name) => (Number.isNaN(record[name]) ? "" : String(record[name]))).join(","),
  );
  return `${[RECORD_KEYS.join(","), ...rows].join("\n")}\n`;
}

/** The line that a log of JSON lines begins with. */
export function gaugeLogHeader(nodes: GaugeNodes): string {
  const { width, nodes: count, sigma, learningRate, trainingRate, batch } = nodes;
  const own = { width, nodes: count, sigma, learningRate, trainingRate, batch };
  return `${JSON.stringify({ ninscope: "gauge", ...own })}\n`;
}

/** A record's line in such a log, which `ninscope gauge` reads. What is unknown is null. */
export function gaugeLogLine(record: GaugeRecord): string {
  const { readingError: error, ...others } = record;
  return `${JSON.stringify({ ...others, error })}\n`;
}
