import { expect, test } from "vitest";
import { firstPassage } from "../../ts/analysis/timeScale.js";
import { linearExperiment } from "../../ts/experiment/presets.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import { linearExpectation } from "../../ts/linear/linearExpectation.js";
import { Streams } from "../../ts/random/streams.js";

const kernels = await loadKernels();

test.each([
  [0.01, "fresh"],
  [0.03, "fresh"],
  [0.1, "fresh"],
  [0.3, "fresh"],
  [0.03, "fixed"],
] as const)(
  "at kappa %d, %s noise, the decay time is that of the population within 2 percent, and scatters as it says",
  (kappa, mode) => {
    const [off, told]: [number[], number[]] = [[], []];
    for (let seed = 0; seed < 80; seed++) {
      const experiment = linearExperiment({
        ...{ width: 200, samples: 400, learningRate: 0.05, steps: Math.ceil(4 / kappa), mode },
        // lambda is about 2 in this parametrisation.
        ...{ sigma: Math.sqrt(kappa / 0.1), seed },
      });
      const { niwTime, exact } = linearExpectation(experiment, new Streams(kernels, seed))!;
      const { effectiveNiw } = exact;
      const measured = firstPassage([...effectiveNiw.keys()], effectiveNiw);
      if (!niwTime || measured === null) continue;
      off.push(Math.log(measured / niwTime.value));
      told.push(niwTime.error / niwTime.value);
    }
    // A start that is small by chance is kicked about, and takes its own time: the middle tells.
    off.sort((a, b) => a - b);
    told.sort((a, b) => a - b);
    const middle = (values: number[]) => values[values.length >> 1];
    expect(off.length).toBeGreaterThan(75);
    expect(Math.abs(middle(off))).toBeLessThan(0.02);
    // The middle half of normal numbers is 1.35 deviations wide; of 80 it is known to a sixth.
    const quartile = (part: number) => off[Math.floor(part * off.length)];
    const deviation = (quartile(0.75) - quartile(0.25)) / 1.349;
    expect(deviation / middle(told)).toBeGreaterThan(0.7);
    expect(deviation / middle(told)).toBeLessThan(1.7);
  },
);
