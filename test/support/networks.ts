import type { Machine } from "../../ts/backend/machine.js";
import { type Worst, withinBound } from "../../ts/check/verify/checkOperation.js";
import { StepsCheck } from "../../ts/check/verify/checkSteps.js";
import { setupOf } from "../../ts/check/verify/verifier.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import type { ExperimentInput } from "../../ts/experiment/schema.js";

export const DATA = {
  name: "gaussian-mixture",
  inputs: 10,
  classes: 3,
  train: 127,
  test: 0,
} as const;

const hidden = (activation: "relu" | "tanh" | "gelu" | "linear", ...layers: number[]) => ({
  network: { activation, layers },
});
const networks: [string, ExperimentInput][] = [
  ["relu", hidden("relu", 13, 7)],
  ["tanh", hidden("tanh", 10)],
  ["gelu", hidden("gelu", 9, 3)],
  ["linear", hidden("linear", 5)],
  ["no hidden layer", hidden("relu")],
  ["momentum", { ...hidden("tanh", 6), optimizer: { momentum: 0.9, weightDecay: 0.01 } }],
  ["squared error of classes", { network: { layers: [6], loss: "mse" } }],
  ["ntk", { network: { layers: [12], init: "ntk" }, optimizer: { learningRate: 0.02 } }],
  ["full batch", { ...hidden("relu", 6), optimizer: { batchSize: "full" } }],
  [
    "two groups of fixed noise",
    { ...hidden("relu", 6, 4), noise: [{ mode: "fixed" }, { layer: 2, nodes: 3 }] },
  ],
  ["a batch of one", { ...hidden("tanh", 4), optimizer: { batchSize: 1, learningRate: 0.02 } }],
];

export interface StepsFailure extends Worst {
  readonly what: string;
}

/**
 * What of eleven networks' parameters (or of those named) after 1 and after 100 steps is further from the reference
 * than it may be, on each machine.
 */
export async function stepsOutOfBound(
  machines: readonly Machine[],
  some: readonly string[] = networks.map(([name]) => name),
): Promise<StepsFailure[][]> {
  const failures = machines.map((): StepsFailure[] => []);
  for (const [name, input] of networks) {
    if (!some.includes(name)) continue;
    const { optimizer = {}, ...rest } = input;
    const experiment = parseExperiment({
      ...rest,
      data: DATA,
      optimizer: { batchSize: 10, ...optimizer },
    });
    for (const steps of [1, 100]) {
      const check = await StepsCheck.prepare(await setupOf(experiment, {}, steps));
      for (const [i, machine] of machines.entries()) {
        const found = await check.run(machine);
        for (const key of ["parameters", "niw"] as const) {
          const worst = found[key];
          if (!withinBound(worst)) {
            failures[i].push({ what: `${name}: ${key} after ${steps} steps`, ...worst });
          }
        }
      }
    }
  }
  return failures;
}
