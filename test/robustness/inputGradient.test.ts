import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Machine } from "../../ts/backend/machine.js";
import { referenceMachine } from "../../ts/backend/reference.js";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { webgpuMachine } from "../../ts/backend/webgpu/webgpu.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import { ModelSession } from "../../ts/robustness/modelSession.js";
import { testGpu } from "../gpu.js";

/** As `make_gradients.py` writes it. */
interface Case {
  readonly name: string;
  readonly network: {
    readonly widths: number[];
    readonly activation: "relu" | "tanh" | "gelu" | "linear";
    readonly loss: "cross-entropy" | "mse";
    readonly bias: boolean;
    readonly factors: number[];
  };
  readonly scale: number;
  readonly shift: number;
  readonly weights: number[][];
  readonly biases: number[][];
  readonly inputs: number[];
  readonly labels: number[];
  readonly outputs: number[];
  readonly gradients: number[];
}

const file = new URL("fixtures/gradients.json", import.meta.url);
const cases: Case[] = JSON.parse(readFileSync(file, "utf8"));
const kernels = await loadKernels();
const gpu = await testGpu();

/** Float32: sums of up to 16 terms through up to four layers, relative to the largest of the numbers. */
const SINGLE = 4e-6;
const machines: [string, Machine, number][] = [
  ["reference", referenceMachine(), 1e-13],
  ["wasm", wasmMachine(kernels), SINGLE],
  ...("none" in gpu ? [] : [["webgpu", webgpuMachine(gpu), SINGLE] as [string, Machine, number]]),
];

/** The largest difference, relative to the largest number. */
function distance(found: ArrayLike<number>, expected: readonly number[]): number {
  expect(found.length).toBe(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(found[i] - value))) / largest;
}

describe.each(machines)("on %s", (_, machine, bound) => {
  test.each(cases)("$name: outputs and input gradients are PyTorch's", async (one) => {
    const { network, scale, shift, inputs, labels, outputs, gradients } = one;
    const parameters = {
      weights: one.weights.map((values) => Float64Array.from(values)),
      biases: one.biases.map((values) => Float64Array.from(values)),
    };
    const images = Float32Array.from(inputs);
    const model = { network: { ...network, noise: [] }, parameters, scale, shift };
    // Once in one part, once in parts of three samples, of which the last is not full.
    for (const samples of [labels.length, 3]) {
      const session = await ModelSession.open(machine, model, samples);
      try {
        const found = await session.gradients(images, labels);
        expect(distance(found.outputs, outputs)).toBeLessThan(bound);
        expect(distance(found.gradients, gradients)).toBeLessThan(bound);
        expect(await session.logits(images)).toEqual(found.outputs);
      } finally {
        session.dispose();
      }
    }
  });
});
