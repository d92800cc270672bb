// Predicts from the start, and measures, where the catapult begins on Fashion-MNIST, for pairs of width and learning
// rate: node bench/catapult.mjs [out.json]. Run `npm run build` first; takes some minutes.
import { writeFileSync } from "node:fs";
import { nodeFiles, sweep } from "../dist/node.js";
import { predictionOf } from "../dist/probe.js";

const PAIRS = [
  [64, 0.1],
  [128, 0.05],
  [128, 0.1],
  [128, 0.2],
  [256, 0.1],
];
const SEEDS = [0, 1, 2];
const files = nodeFiles();

const results = [];
for (const [width, learningRate] of PAIRS) {
  const base = {
    network: { layers: [width, width, width] },
    noise: [{ sigma: 1 }],
    data: { name: "fashion-mnist", train: 2000, test: 0 },
    optimizer: { learningRate, batchSize: 100 },
    epochs: 20,
  };
  const predictions = [];
  for (const seed of SEEDS) predictions.push(await predictionOf({ ...base, seed }, { files }));
  const mean = (name) =>
    Math.exp(predictions.reduce((sum, p) => sum + Math.log(p[name]), 0) / SEEDS.length);
  const predicted = mean("catapult");
  const { boundaries, runs } = await sweep({
    ...base,
    sweep: {
      "noise.0.sigma": `${predicted / 3}:${predicted * 3}:7`,
      seed: SEEDS,
      refine: { precision: 0.1, boundaries: ["catapult"] },
    },
  });
  const { measured, bracket } = boundaries.catapult;
  const pointwise = mean("catapultPointwise");
  results.push({
    ...{ width, learningRate, predicted, pointwise, measured, bracket },
    bySeed: predictions.map(({ catapult }) => catapult),
    runs: runs.length,
  });
  const said = [predicted, pointwise, measured, ...(bracket ?? [])].map((x) => x?.toFixed(1));
  console.log(
    `${width} units, eta ${learningRate}: predicted ${said[0]} (pointwise ${said[1]}), measured ${said[2]} (${said[3]} to ${said[4]}), ratio ${(measured / predicted).toFixed(2)}`,
  );
}
if (process.argv[2]) writeFileSync(process.argv[2], `${JSON.stringify(results, null, 2)}\n`);
process.exit(0);
