// Measures the CPU machine, other libraries and the hardware's limit; see bench/README.md.
// npm run bench [-- [--quick] [--out FILE.json] [peak] [products] [steps] [linear] [growth]]
import { existsSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { optionsOf } from "./lib/options.mjs";

const PARTS = ["peak", "products", "steps", "linear", "growth"];

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const { values, positionals } = optionsOf({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false }, out: { type: "string" } },
});
const stray = positionals.find((name) => !PARTS.includes(name));
if (stray) fail(`there is no part "${stray}": the parts are ${PARTS.join(", ")}`);
if (!existsSync("dist/node.js") || !existsSync("build/js/ts")) fail("first: npm run build");

const { describeHost, handicaps } = await import("./lib/host.mjs");
const { compileBenchKernels } = await import("./lib/kernels.mjs");
const { hostName, writeReport } = await import("./lib/results.mjs");
const { printTable, spread } = await import("./lib/table.mjs");
const { verdict } = await import("./lib/targets.mjs");
const { roofline } = await import("./lib/roofline.mjs");

const { quick } = values;
// All other parts are compared with the peak.
const wanted = PARTS.filter(
  (name) => name === "peak" || !positionals.length || positionals.includes(name),
);
const whole = wanted.length === PARTS.length && !quick;
const host = describeHost();
const date = new Date().toISOString();
const rounds = quick ? { rounds: 5, slot: 0.03, turns: 1 } : { rounds: 25, slot: 0.1, turns: 3 };
const settings = { quick, host, rounds };
for (const line of handicaps()) console.error(line);

await compileBenchKernels();
const parts = {};
for (const name of wanted) {
  const start = performance.now();
  const { [name]: part } = await import(`./parts/${name}.mjs`);
  const { tables, ...measured } = await part(settings);
  parts[name] = { ...measured, seconds: (performance.now() - start) / 1000 };
  for (const table of tables) printTable(table);
}

const targets = Object.values(parts).flatMap((part) => part.targets ?? []);
if (targets.length > 0) {
  printTable({
    title: "Held to",
    head: ["", "measured", "target", ""],
    rows: targets.map((target) => [target.what, spread(target.measured), ...verdict(target)]),
    notes: [`${targets.filter(({ met }) => met).length} of ${targets.length} met`],
  });
}

const file = values.out ?? (whole ? `bench/results/${hostName(host)}.json` : "build/bench.json");
const report = { date, quick, host, settings: rounds, targets, parts };
writeReport(file, report);
const drawing = file.replace(/(\.json)?$/, ".svg");
writeFileSync(drawing, roofline(report));
console.log(`\n${file}\n${drawing}`);

function fail(message) {
  console.error(message);
  process.exit(2);
}
