import { describe, expect, test } from "vitest";
import {
  linearExperiment,
  loadKernels,
  parseExperiment,
  Streams,
} from "../../ts/entries/browser.js";
import { InputError } from "../../ts/errors/errors.js";
import { withField } from "../../ts/experiment/paths.js";
import { linearRun } from "../../ts/linear/linearRun.js";

const streams = new Streams(await loadKernels(), 0);
const model = linearExperiment({
  width: 8,
  samples: 6,
  learningRate: 0.05,
  steps: 5,
  sigma: 1,
  seed: 0,
});

describe("the exact reduction is of the linear model alone", () => {
  test("which it takes", () => {
    expect(linearRun(model, streams).loss).toHaveLength(5);
  });

  test.each<[string, unknown]>([
    ["network.activation", "tanh"],
    ["network.layers", [8, 8]],
    ["network.layers", []],
    ["network.bias", true],
    ["noise", []],
    ["noise", [{}, {}]],
    ["optimizer.batchSize", 2],
    ["optimizer.momentum", 0.5],
    ["optimizer.weightDecay", 0.1],
    ["regularization.dropout", 0.1],
    ["regularization.inputNoise", 0.1],
    ["regularization.jacobian", 0.1],
    ["data", { name: "gaussian-mixture" }],
  ])("%s %j is refused", (field, value) => {
    const other = parseExperiment(
      withField({ ...model, network: { ...model.network, loss: undefined } }, field, value),
    );
    const error = (() => {
      try {
        linearRun(other, streams);
      } catch (e) {
        return e;
      }
    })();
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).field).toBe(field === "data" ? "data.name" : field);
    expect((error as InputError).message).toMatch(/the linear model's exact reduction takes/);
  });
});
