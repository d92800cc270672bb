import { describe, expect, test } from "vitest";
import { isLinearModel, layouts, type Network } from "../../ts/program/network.js";

const model: Network = {
  widths: [2, 5, 1],
  activation: "linear",
  loss: "mse",
  bias: false,
  factors: [1, 1],
  noise: [{ layer: 0, nodes: 1, sigma: 1 }],
};

describe("a layer's weights", () => {
  test("stand as [W | b | W_NI], groups in their order", () => {
    const noise = [
      { layer: 1, nodes: 3, sigma: 1 },
      { layer: 0, nodes: 2, sigma: 1 },
      { layer: 1, nodes: 1, sigma: 1 },
    ];
    expect(layouts({ ...model, bias: true, noise })).toEqual([
      {
        outputs: 5,
        inputs: 2,
        biasColumn: 2,
        noiseColumns: [{ group: 1, column: 3, nodes: 2 }],
        columns: 5,
      },
      {
        outputs: 1,
        inputs: 5,
        biasColumn: 5,
        noiseColumns: [
          { group: 0, column: 6, nodes: 3 },
          { group: 2, column: 9, nodes: 1 },
        ],
        columns: 10,
      },
    ]);
    expect(layouts(model).map(({ biasColumn, columns }) => [biasColumn, columns])).toEqual([
      [-1, 3],
      [-1, 5],
    ]);
  });
});

describe("the linear model", () => {
  test("is known, with however many nodes", () => {
    expect(isLinearModel(model)).toBe(true);
    expect(isLinearModel({ ...model, noise: [{ layer: 0, nodes: 4, sigma: 2 }] })).toBe(true);
  });

  test.each<Partial<Network>>([
    { widths: [2, 5, 2] },
    { widths: [2, 5, 5, 1] },
    { widths: [2, 1] },
    { activation: "tanh" },
    { loss: "cross-entropy" },
    { noise: [] },
    { noise: [...model.noise, ...model.noise] },
    { noise: [{ layer: 1, nodes: 1, sigma: 1 }] },
  ])("is not one with %j", (other) => {
    expect(isLinearModel({ ...model, ...other })).toBe(false);
  });
});
