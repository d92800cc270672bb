import { test } from "vitest";
import { loadKernels } from "../ts/kernels/kernels.js";
import { sweepIterator } from "../ts/run/sweep.js";
import { nodeFiles } from "../ts/data/node/files.js";
test("x", async () => {
  const kernels = await loadKernels();
  const spec = { network: { layers: [128,128,128] }, data: { name: "fashion-mnist" as const, train: 2000, test: 1000 }, optimizer: { learningRate: 0.1, batchSize: 100 }, epochs: 60, noise: [{}],
    record: { evaluateEvery: 10, dense: 400 }, sweep: { "noise.0.sigma": "0.1:200:23" } };
  for await (const r of sweepIterator(spec, { kernels, files: nodeFiles() })) {
    const e = r.evidence, f = r.final;
    console.log(r.experiment.noise[0].sigma.toFixed(2).padStart(7), r.phase.padEnd(12), e.closeTo, "L", e.lossStart.toFixed(3), e.lossMax.toFixed(3), e.lossEnd.toFixed(4), "niw", e.niwStart.toFixed(3), e.niwMax.toFixed(3), e.niwEnd.toFixed(4), "fall", e.niwFall.toFixed(2), "eff", r.trajectory.evaluations.effectiveNiw[0].toFixed(4), f.effectiveNiw.toFixed(4), "unp", f.unperturbedLoss.toFixed(4), "test", f.testLoss.toFixed(3), f.testAccuracy.toFixed(3), f.trainAccuracy.toFixed(3), r.timing.stepsPerSecond.toFixed(0));
  }
}, 600000);
