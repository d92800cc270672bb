import { test } from "vitest";
import { loadKernels } from "../ts/kernels/kernels.js";
import { runLinearEnsemble } from "../ts/run/linearEnsemble.js";
import { linearExperiment } from "../ts/experiment/presets.js";
import { logRange } from "../ts/experiment/range.js";
test("x", async () => {
  const k = await loadKernels();
  const t0 = performance.now();
  const cells = await runLinearEnsemble(k, { experiment: linearExperiment({ width: 100, samples: 200, learningRate: 0.05, steps: 2000, sigma: 1, seed: 0 }), sigmas: logRange("s", "0.01:10:40"), learningRates: [0.05], seeds: Array.from({length:20},(_, i)=>i) });
  console.log("ms", performance.now() - t0);
  const tally: Record<string, Record<string, number>> = {};
  for (const c of cells) {
    const k = c.kappa;
    const b = k < 0.3 ? "<.3" : k < 1.6 ? ".3-1.6" : k < 2 ? "1.6-2" : k < 2.3 ? "2-2.3" : k < 3.5 ? "2.3-3.5" : k < 4.5 ? "3.5-4.5" : ">4.5";
    tally[b] ??= {}; tally[b][c.phase] = (tally[b][c.phase] ?? 0) + 1;
    const want = b === ".3-1.6" ? "decay" : b === "2.3-3.5" ? "catapult" : b === ">4.5" ? "divergent" : null;
    if (want && want !== c.phase) console.log(c.seed, c.sigma, c.kappa, c.phase, JSON.stringify(c.evidence));
  }
  console.log(tally);
  for (const c of cells.filter(c=>c.seed===0)) console.log(c.sigma.toFixed(3), c.kappa.toFixed(4), c.phase, c.evidence.niwFall.toFixed(2), c.evidence.lossOvershoot.toFixed(3), c.evidence.niwOvershoot.toFixed(3), c.lossEnd);
});
