// Forecasts beside what sweeps then find, for networks that the forecast's constants were not chosen on:
// node bench/forecast.mjs [docs/forecast.md]. Run `npm run build` first; it takes some minutes of two cores. It writes the table
// between the file's two marks.
import { sweep } from "../dist/node.js";
import { forecast } from "../dist/probe-node.js";
import {
  checkMarks,
  experimentOf,
  lettersOf,
  threeDigits as number,
  writeBetweenMarks,
} from "./lib/networks.mjs";

const FASHION = { name: "fashion-mnist", train: 2000, test: 0 };
const MIXTURE = { name: "gaussian-mixture", inputs: 60, classes: 6, train: 1500, test: 0 };
const tanh = { activation: "tanh", init: "lecun" };

/** Hidden widths, data, learning rate, batch, epochs; then what else differs. */
const NETWORKS = [
  [[100, 100, 100], FASHION, 0.1, 100, 40, { seed: 11 }],
  [[50], FASHION, 0.2, 100, 30, { seed: 12 }],
  [[180, 180], FASHION, 0.05, 50, 15, { seed: 13 }],
  [[40, 40, 40, 40], MIXTURE, 0.1, 50, 30, { seed: 14 }],
  [[240], MIXTURE, 0.02, 20, 12, { seed: 15 }],
  [[80, 80], MIXTURE, 0.3, "full", 300, { seed: 16, nodes: 2 }],
  [[64, 64, 64], FASHION, 0.1, 200, 50, { seed: 17, layer: 1, nodes: 8 }],
  [[128, 128], MIXTURE, 0.1, 100, 40, { seed: 18, layer: 1, nodes: 3 }],
  [[90, 90], MIXTURE, 0.2, 100, 40, { seed: 19, network: tanh }],
  [[48, 48, 48], FASHION, 0.1, 100, 30, { seed: 20, network: tanh, nodes: 2 }],
];
const SIGMAS = 14;
const [path] = process.argv.slice(2);
if (path) checkMarks(path, "forecast");

const shown = (boundary) =>
  boundary
    ? `${number(boundary.value)} (${number(boundary.low)} to ${number(boundary.high)})`
    : "none";

const rows = [];
const off = { decay: [], catapult: [], divergent: [] };
const inside = { decay: 0, catapult: 0, divergent: 0 };
for (const [layers, data, learningRate, batchSize, epochs, own] of NETWORKS) {
  const { network = {}, layer = 0, nodes = 1 } = own;
  const input = experimentOf(layers, data, learningRate, batchSize, epochs, own);
  const { boundaries, outward, cost } = await forecast(input, { backend: "wasm" });
  const [low, high] = [
    (boundaries.decay ?? boundaries.catapult ?? outward).value / 2.5,
    1.6 * (boundaries.divergent ?? boundaries.catapult ?? outward ?? boundaries.decay).value,
  ];
  const begun = performance.now();
  const found = await sweep(
    {
      ...input,
      record: { evaluateEvery: 10 },
      sweep: { "noise.0.sigma": `${low}:${Math.min(high, 40 * low)}:${SIGMAS}` },
    },
    { backend: "wasm" },
  );
  const seconds = (performance.now() - begun) / 1000;
  const cells = ["decay", "catapult", "divergent"].flatMap((name) => {
    const { measured } = found.boundaries[name];
    const ratio = measured && boundaries[name] ? boundaries[name].value / measured : null;
    if (ratio) {
      off[name].push(Math.abs(Math.log(ratio)));
      const { low: least, high: most } = boundaries[name];
      if (measured >= least && measured <= most) inside[name]++;
    }
    return [
      shown(boundaries[name]),
      measured ? number(measured) : "none",
      ratio ? ratio.toFixed(2) : "",
    ];
  });
  const steps = epochs * Math.ceil(data.train / (batchSize === "full" ? data.train : batchSize));
  rows.push([
    `${network.activation ?? "relu"} ${layers.join("-")}, ${data.name}, eta ${learningRate}, batch ${batchSize}, layer ${layer}, ${nodes} ${nodes > 1 ? "nodes" : "node"}`,
    ...cells,
    `\`${lettersOf(found.runs)}\``,
    (cost.steps / steps).toFixed(1),
    `${cost.seconds.toFixed(1)} / ${seconds.toFixed(1)}`,
  ]);
  console.log(rows[rows.length - 1].join("  "));
}
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const within = Object.entries(off).map(
  ([name, values]) =>
    `${name}: ${values.filter((x) => x < Math.log(1.25)).length} of ${values.length} within 25 %, median ${(100 * Math.expm1(median(values))).toFixed(0)} % off; ${inside[name]} of ${values.length} measured values inside the interval`,
);
console.log(within.join("\n"));

const head = [
  "network",
  ...["decay", "catapult", "divergent"].flatMap((name) => [
    `${name}, forecast`,
    "measured",
    "ratio",
  ]),
  "phases",
  "runs' worth",
  "s, forecast / sweep",
];
const table = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
if (path) {
  const list = within.map((line) => `- ${line}`).join("\n");
  writeBetweenMarks(path, "forecast", `${table.join("\n")}\n\n${list}`);
}
process.exit(0);
