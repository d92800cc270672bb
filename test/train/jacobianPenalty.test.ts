import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Machine } from "../../ts/backend/machine.js";
import { referenceMachine } from "../../ts/backend/reference.js";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { webgpuMachine } from "../../ts/backend/webgpu/webgpu.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import type { Network } from "../../ts/program/network.js";
import { combinedWeights, parametersOf } from "../../ts/train/parameters.js";
import type { Setup } from "../../ts/train/setup.js";
import { runTraining } from "../../ts/train/trainer.js";
import { testGpu } from "../gpu.js";

const gpu = await testGpu();
const kernels = await loadKernels();
const wasm = wasmMachine(kernels);
const machines: [string, Machine, number][] = [
  ["reference", referenceMachine(), 1e-12],
  ["wasm", wasm, 1e-5],
  ...("none" in gpu ? [] : [["webgpu", webgpuMachine(gpu), 1e-5] as [string, Machine, number]]),
];

// `make_jacobian.py` made it, with PyTorch in float64.
const { settings, cases } = JSON.parse(readFileSync("test/train/jacobian.json", "utf8"));

function setupOf(found: any): Setup {
  const { widths, rows, batch, epochs, jacobian, inputNoise, sigma, learningRate } = settings;
  const { activation, factors, dropout, momentum, weightDecay } = found;
  const network: Network = {
    ...{ widths, activation, factors, loss: "cross-entropy", bias: true },
    noise: [0, 1].map((layer) => ({ layer, nodes: 2, sigma })),
  };
  const stepsPerEpoch = rows / batch;
  return {
    plan: {
      ...{ network, learningRate, momentum, weightDecay, batch, dropout, inputNoise, jacobian },
      ...{ trainRows: rows, testRows: 0, evaluateRows: rows, classes: true },
      ...{ inputType: "float", inputScale: 1, inputShift: 0 },
    },
    data: {
      ...{ name: "PyTorch's", task: "classification", inputs: widths[0], outputs: 3 },
      ...{ scale: 1, shift: 0, test: null },
      train: { rows, inputs: Float64Array.from(found.x), targets: Uint32Array.from(found.y) },
    },
    inputs: {
      weights: (l) => combinedWeights(network, l, found),
      order: (epoch) => Uint32Array.from(found.order[epoch]),
      noise: (g, epoch) => Float64Array.from(found.noise[g][epoch]),
      kept: (l, epoch) => Uint8Array.from(found.kept[l - 1][epoch]),
      inputNoise: (epoch) => Float64Array.from(found.inputNoise[epoch]),
      directions: (epoch) => Float64Array.from(found.directions[epoch]),
    },
    schedule: {
      ...{ stepsPerEpoch, steps: epochs * stepsPerEpoch, dense: 100, every: 1 },
      ...{ evaluateEvery: 1, evaluateEarly: 0, stop: {}, endsWhenDiverged: false },
    },
  };
}

// A software GPU takes a minute to compile the kernels of all.
const FULL = process.env.NINSCOPE_SOAK === "full";

describe.each(machines)("the penalty on the Jacobian, on %s", (name, machine, bound) => {
  const some = cases.filter(
    (found: any) => FULL || name !== "webgpu" || found.activation === "tanh",
  );
  test.each(some as any[])("is PyTorch's, $activation, dropout $dropout", async (found: any) => {
    const setup = setupOf(found);
    const { trajectory, weights } = await runTraining(machine, setup);
    const { weights: W, biases, niw } = parametersOf(setup.plan.network, weights);
    trajectory.steps.loss.forEach((loss, i) => {
      expect(Math.abs(loss - found.loss[i])).toBeLessThan(bound * Math.max(1, found.loss[i]));
    });
    [...W, ...biases, ...niw].forEach((values, p) => {
      values.forEach((value, i) => {
        expect(Math.abs(value - found.ends[p][i])).toBeLessThan(4 * bound);
      });
    });
    // The dose is that of the loss alone.
    let paid = 0;
    for (const slope of found.niwSlope) paid += slope / 2;
    const { dosePaid } = trajectory.evaluations;
    expect(Math.abs((dosePaid.at(-1) as number) - paid)).toBeLessThan(10 * bound);
  });
});
