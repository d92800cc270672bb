import { expect, test } from "vitest";
import { threadedMachine } from "../../ts/backend/node/threadedMachine.js";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { prepare } from "../../ts/train/prepare.js";
import { runTraining } from "../../ts/train/trainer.js";
import { RUNS } from "../golden/runs.js";

const kernels = await loadKernels();

test("golden", async () => {
  for (const [name, experiment] of Object.entries(RUNS)) {
    const prepared = await prepare(parseExperiment(experiment), { kernels });
    const one = await runTraining(wasmMachine(kernels), prepared);
    for (const threads of [1, 2, 3, 4]) {
      const machine = await threadedMachine(kernels, threads);
      if (!machine) throw new Error();
      const many = await runTraining(machine, prepared);
      expect({ ...many, seconds: 0 }, `${name} ${threads}`).toEqual({ ...one, seconds: 0 });
      console.log(name, threads, one.seconds, many.seconds, many.steps);
    }
  }
});
