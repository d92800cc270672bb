// Trains one small network at four strengths of noise, and prints each phase and the reason. Full batches keep the noise
// weights free of kicks by single batches, so that a catapult is easy to tell.
import { train } from "ninscope";

for (const sigma of [0.5, 20, 35, 60]) {
  const { phase, evidence, final } = await train({
    network: { layers: [64, 64], activation: "relu", loss: "cross-entropy" },
    noise: [{ layer: 0, nodes: 1, sigma }],
    data: { name: "gaussian-mixture", inputs: 32, classes: 8, train: 400, test: 200 },
    optimizer: { learningRate: 0.1, batchSize: "full" },
    epochs: 800,
  });
  console.log(`sigma ${sigma}: ${phase} (${evidence.reason})`);
  console.log(
    `  noise weights ${evidence.niwStart.toFixed(3)} -> ${evidence.niwEnd.toFixed(3)}, largest ${evidence.niwMax.toFixed(3)};` +
      ` loss without noise ${final.unperturbedLoss.toFixed(4)}`,
  );
}
