import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Machine } from "../../ts/backend/machine.js";
import { referenceMachine } from "../../ts/backend/reference.js";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { networkCurvature } from "../../ts/curvature/networkCurvature.js";
import { type OwnNetwork, readNetwork } from "../../ts/curvature/ownNetwork.js";
import type { Dataset } from "../../ts/data/dataset.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import { Streams } from "../../ts/random/streams.js";

/** As `make_networks.py` writes it. */
interface Expected {
  readonly data: { inputs: number[][]; classes: number[]; pairs: number[][] };
  readonly cases: readonly {
    name: string;
    weights: string[];
    activation: "tanh" | "relu" | "gelu";
    loss: "cross-entropy" | "mse";
    targets: "classes" | "pairs";
    meanLoss: number;
    eigenvalues: number[][];
  }[];
}

const folder = new URL("fixtures/networks/", import.meta.url);
const { data, cases }: Expected = JSON.parse(
  readFileSync(new URL("expected.json", folder), "utf8"),
);
const kernels = await loadKernels();

function dataset(targets: "classes" | "pairs"): Dataset {
  const isClasses = targets === "classes";
  return {
    name: targets,
    task: isClasses ? "classification" : "regression",
    inputs: data.inputs[0].length,
    outputs: isClasses ? 3 : 2,
    scale: 1,
    shift: 0,
    train: {
      rows: data.inputs.length,
      inputs: Float64Array.from(data.inputs.flat()),
      targets: isClasses
        ? Uint32Array.from(data.classes)
        : Float64Array.from(data[targets].flat() as number[]),
    },
    test: null,
  };
}

/** How far loss and eigenvalues are from autograd's, in units of 1 or of themselves if they are larger. */
async function distance(
  machine: Machine,
  own: OwnNetwork,
  { targets, meanLoss, eigenvalues }: Expected["cases"][number],
  layer: number,
): Promise<number> {
  const found = await networkCurvature(machine, own, dataset(targets), new Streams(kernels, 0), {
    layer,
  });
  const values = found.eigenvalues.slice(0, 5).map(({ value }) => value);
  expect(values.length).toBe(eigenvalues[layer].length);
  const off = (a: number, b: number) => Math.abs(a - b) / Math.max(1, Math.abs(b));
  return Math.max(
    off(found.loss, meanLoss),
    ...values.map((value, k) => off(value, eigenvalues[layer][k])),
  );
}

describe("networks as others store them have the loss and the curvature that autograd finds", () => {
  test.each(cases)("$name", async (one) => {
    const file = new URL(`${one.name}.safetensors`, folder);
    const own = readNetwork(readFileSync(file), one.name, one);
    expect(own.layers.map(({ weight }) => weight)).toEqual(one.weights);
    expect(own.unused).toEqual([]);
    const last = one.weights.length - 1;
    for (const layer of new Set([0, Math.floor(last / 2), last])) {
      expect(await distance(referenceMachine(), own, one, layer)).toBeLessThan(1e-9);
    }
    // Float32: sums of up to 160 terms of order 1, through a few layers.
    expect(await distance(wasmMachine(kernels), own, one, 1)).toBeLessThan(2e-5);
  });

  test("there are twelve of them", () => expect(cases.length).toBe(12));
});
