// Checks whether the phases follow one another as sigma grows, for many kinds of networks:
// node bench/phases-order.mjs [docs/phases.md]. Run `npm run build` first; takes some minutes on two cores. Writes the table
// between the two marks in the file.
import { PHASES, sweep } from "../dist/node.js";
import {
  checkMarks,
  experimentOf,
  lettersOf,
  threeDigits as number,
  writeBetweenMarks,
} from "./lib/networks.mjs";

const FASHION = { name: "fashion-mnist", train: 2000, test: 0 };
const MIXTURE = { name: "gaussian-mixture", inputs: 100, classes: 10, train: 2000, test: 0 };
const tanh = { activation: "tanh", init: "lecun" };

/** Hidden widths, data, learning rate, batch, epochs, range of sigma; then what else differs. */
const NETWORKS = [
  [[128, 128, 128], FASHION, 0.1, 100, 60, [0.05, 60], { seed: 3 }],
  [[32], FASHION, 0.1, 50, 20, [0.3, 100]],
  [[256, 256], FASHION, 0.05, 100, 30, [0.3, 100]],
  [[64, 64, 64, 64], FASHION, 0.1, 20, 12, [0.1, 50]],
  [[200], FASHION, 0.02, 20, 15, [0.5, 200]],
  [[96, 96], MIXTURE, 0.3, "full", 400, [0.3, 60]],
  [[64, 64, 64], FASHION, 0.1, 100, 30, [0.1, 40], { layer: 1, nodes: 4 }],
  [[128, 128, 128], MIXTURE, 0.05, 500, 150, [0.1, 40], { layer: 2, nodes: 8 }],
  [[64, 64], FASHION, 0.1, 100, 30, [0.3, 150], { network: tanh }],
  [[128, 128, 128], MIXTURE, 0.05, 50, 30, [0.3, 100], { network: tanh }],
  [[32, 32, 32, 32], FASHION, 0.2, "full", 400, [0.3, 100], { network: tanh }],
  [[256], MIXTURE, 0.3, 100, 30, [0.1, 60], { network: tanh, nodes: 2 }],
  [[100, 100], FASHION, 0.1, 100, 30, [0.1, 60], { network: tanh, layer: 1, nodes: 2 }],
];
const SIGMAS = 12;
const [path] = process.argv.slice(2);
if (path) checkMarks(path, "phases-order");

/** The fewest runs to leave out so that the others are in order: all but the longest non-decreasing sequence. */
function outOfOrder(phases) {
  const ranks = phases.map((phase) => PHASES.indexOf(phase)).filter((rank) => rank >= 0);
  const longest = PHASES.map(() => 0);
  for (const rank of ranks) longest[rank] = 1 + Math.max(...longest.slice(0, rank + 1));
  return ranks.length - Math.max(...longest);
}

const rows = [];
for (const [layers, data, learningRate, batchSize, epochs, [from, to], own = {}] of NETWORKS) {
  const { network = {}, layer = 0, nodes = 1 } = own;
  const { runs, boundaries } = await sweep({
    ...experimentOf(layers, data, learningRate, batchSize, epochs, own),
    record: { evaluateEvery: 10 },
    sweep: { "noise.0.sigma": `${from}:${to}:${SIGMAS}` },
  });
  const at = (name) => (boundaries[name].measured ? number(boundaries[name].measured) : "-");
  const cells = [
    `${network.activation ?? "relu"} ${layers.join("-")}`,
    data.name,
    `${learningRate}, ${batchSize}`,
    `${layer}, ${nodes}`,
    `${from} to ${to}`,
    `\`${lettersOf(runs)}\``,
    String(outOfOrder(runs.map(({ phase }) => phase))),
    at("decay"),
    at("catapult"),
    at("divergent"),
  ];
  rows.push(cells);
  console.log(cells.join("  "));
  for (const { fields, phase, evidence } of runs) {
    if (process.env.REASONS) {
      console.log(`  ${number(fields["noise.0.sigma"])}: ${phase}: ${evidence.reason}`);
    }
  }
}

const head =
  "| network | data | `eta`, batch | layer, nodes | `sigma` | phases | out of order | decay | catapult | divergent |";
const table = [
  head,
  `|${"---|".repeat(10)}`,
  ...rows.map((cells) => `| ${cells.join(" | ")} |`),
].join("\n");
if (path) writeBetweenMarks(path, "phases-order", table);
process.exit(0);
