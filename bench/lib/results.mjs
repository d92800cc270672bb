import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** The name of this host's results: processor (with its family and model, because virtual machines hide the rest) and Node. */
export function hostName(host) {
  const [node] = host.node.split(".");
  return [host.cpu, host.family, host.model, "node", node]
    .filter(Boolean)
    .join(" ")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-");
}

/** Writes a report as JSON, each list of numbers on one line. */
export function writeReport(file, report) {
  mkdirSync(dirname(file), { recursive: true });
  const text = JSON.stringify(report, null, 1).replaceAll(
    /\[[\s\d.,+e-]*(null[\s\d.,+e-]*)*\]/g,
    (list) => list.replaceAll(/\s+/g, " "),
  );
  writeFileSync(file, `${text}\n`);
}
