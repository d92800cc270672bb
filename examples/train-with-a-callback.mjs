// Trains one network. Two callbacks watch it: one receives each evaluation and ends the run early, the other sees the
// weights themselves.
import { train } from "ninscope";

const inputs = 32;

/** Sees the weights before the updates 0, 1, 2, 4, 8, ... and never changes the run. */
const observer = {
  next: (step) => (step === 0 ? 0 : 2 ** Math.ceil(Math.log2(step))),
  look({ step, weights }) {
    // Layer 0 has the rows [W | b | W_NI]; with one noise node, W_NI is the last column.
    const columns = inputs + 2;
    const niw = weights[0].filter((_, i) => i % columns === columns - 1);
    const largest = niw.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
    console.log(`step ${step}: largest noise weight ${largest.toFixed(4)}`);
  },
};

const { phase, evidence, final, timing } = await train(
  {
    network: { layers: [64, 64], activation: "relu", loss: "cross-entropy" },
    noise: [{ layer: 0, nodes: 1, sigma: 10 }],
    data: { name: "gaussian-mixture", inputs, classes: 8, train: 1000, test: 500 },
    optimizer: { learningRate: 0.1, batchSize: 50 },
    epochs: 100,
  },
  {
    onRecord({ epoch, unperturbedLoss, testAccuracy, niwNorm }) {
      console.log(
        `epoch ${epoch}: loss without noise ${unperturbedLoss.toFixed(4)}, test accuracy ${testAccuracy.toFixed(3)},` +
          ` noise weights ${niwNorm.toFixed(3)}`,
      );
      // The run ends here, and keeps everything up to this evaluation.
      if (unperturbedLoss < 0.01) return "stop";
    },
    observer,
  },
);

console.log(`${phase} (${evidence.reason})`);
console.log(
  `stopped after ${timing.steps} steps, loss without noise ${final.unperturbedLoss.toFixed(4)}`,
);
