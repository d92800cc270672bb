import { expect } from "vitest";
import type { Network } from "../../ts/program/network.js";
import type { Plan } from "../../ts/program/workspace.js";
import type { RunInputs } from "../../ts/train/inputs.js";
import { combinedWeights, parametersOf } from "../../ts/train/parameters.js";
import type { Setup } from "../../ts/train/setup.js";
import type { TrainerResult } from "../../ts/train/trainer.js";

/**
 * A run of a classifier that a script made with PyTorch in float64, with regularisers.
 * @param settings what the runs of a file have in common.
 * @param found the run: its samples, draws, losses and final parameters.
 */
export function torchSetup(
  settings: any,
  found: any,
  network: Network,
  plan: Partial<Plan>,
  inputs: Pick<RunInputs, "noise" | "directions">,
): Setup {
  const { rows, batch, epochs, learningRate, inputNoise } = settings;
  const { momentum, weightDecay } = found;
  const stepsPerEpoch = rows / batch;
  return {
    plan: {
      ...{ network, learningRate, momentum, weightDecay, batch, inputNoise },
      ...{ trainRows: rows, testRows: 0, evaluateRows: rows, classes: true },
      ...{ inputType: "float", inputScale: 1, inputShift: 0 },
      ...plan,
    },
    data: {
      ...{ name: "PyTorch's", task: "classification", inputs: network.widths[0], outputs: 3 },
      ...{ scale: 1, shift: 0, test: null },
      train: { rows, inputs: Float64Array.from(found.x), targets: Uint32Array.from(found.y) },
    },
    inputs: {
      weights: (l) => combinedWeights(network, l, found),
      order: (epoch) => Uint32Array.from(found.order[epoch]),
      kept: (l, epoch) => Uint8Array.from(found.kept[l - 1][epoch]),
      inputNoise: (epoch) => Float64Array.from(found.inputNoise[epoch]),
      ...inputs,
    },
    schedule: {
      ...{ stepsPerEpoch, steps: epochs * stepsPerEpoch, dense: 100, every: 1 },
      ...{ evaluateEvery: 1, evaluateEarly: 0, stop: {}, endsWhenDiverged: false },
    },
  };
}

/** Holds losses and final parameters to PyTorch's. */
export function expectTorchs(
  { trajectory, weights }: TrainerResult,
  network: Network,
  found: any,
  bound: number,
): void {
  trajectory.steps.loss.forEach((loss, i) => {
    expect(Math.abs(loss - found.loss[i])).toBeLessThan(bound * Math.max(1, found.loss[i]));
  });
  const { weights: W, biases, niw } = parametersOf(network, weights);
  [...W, ...biases, ...niw].forEach((values, p) => {
    values.forEach((value, i) => {
      expect(Math.abs(value - found.ends[p][i])).toBeLessThan(4 * bound);
    });
  });
}
