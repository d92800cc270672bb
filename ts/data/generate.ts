import { InputError } from "../errors/errors.js";
import type { Streams } from "../random/streams.js";
import type { Dataset, Split } from "./dataset.js";
import { cosTurn, sinTurn, tanh } from "./elementary.js";
import type { DataSpecOf } from "./specs.js";

/** Largest number of numbers in the generated training samples or test samples: 1 GB of float32. */
const MOST_NUMBERS = 2 ** 28;

// Training samples have indices 0 to train - 1 in their streams. Test samples have the indices after these.

export function linearRegression(spec: DataSpecOf<"linear-regression">, streams: Streams): Dataset {
  const { inputs, slope, scale, train, test } = spec;
  const slopes = Array.isArray(slope) ? slope : new Array<number>(inputs).fill(slope);
  const split = (rows: number, first: number): Split => {
    const x = streams
      .draw("data", 0, "normal", 0, rows, inputs, first)
      .map((value) => scale * value);
    const y = Float32Array.from({ length: rows }, (_, r) =>
      slopes.reduce((sum, m, c) => sum + m * x[r * inputs + c], 0),
    );
    return { rows, inputs: x, targets: y };
  };
  return generated(spec.name, "regression", inputs, 1, split, train, test);
}

export function teacher(spec: DataSpecOf<"teacher">, streams: Streams): Dataset {
  const { inputs, outputs, hidden, activation, noise, train, test } = spec;
  const widths = [inputs, ...hidden, outputs];
  const layers = widths
    .slice(1)
    .map((width, l) => streams.draw("labels", l, "normal", 0, width, widths[l]));
  const split = (rows: number, first: number): Split => {
    const x = streams.draw("data", 0, "normal", 0, rows, inputs, first);
    const scatter = streams.draw("dataNoise", 0, "normal", 0, rows, outputs, first);
    let h: Float64Array = Float64Array.from(x);
    for (const [l, weights] of layers.entries()) {
      h = layer(h, rows, weights, widths[l], widths[l + 1]);
      if (l < layers.length - 1) {
        h = h.map(activation === "tanh" ? tanh : (z) => Math.SQRT2 * Math.max(z, 0));
      }
    }
    return { rows, inputs: x, targets: Float32Array.from(h, (y, i) => y + noise * scatter[i]) };
  };
  return generated(spec.name, "regression", inputs, outputs, split, train, test);
}

/** `x W^T / sqrt(fanIn)`. */
function layer(
  x: Float64Array,
  rows: number,
  weights: Float32Array,
  fanIn: number,
  width: number,
): Float64Array {
  const out = new Float64Array(rows * width);
  for (let r = 0; r < rows; r++) {
    for (let o = 0; o < width; o++) {
      let sum = 0;
      for (let c = 0; c < fanIn; c++) sum += x[r * fanIn + c] * weights[o * fanIn + c];
      out[r * width + o] = sum / Math.sqrt(fanIn);
    }
  }
  return out;
}

export function gaussianMixture(spec: DataSpecOf<"gaussian-mixture">, streams: Streams): Dataset {
  const { inputs, classes, separation, train, test } = spec;
  const centres = streams.draw("labels", 0, "normal", 0, classes, inputs);
  for (let k = 0; k < classes; k++) {
    const centre = centres.subarray(k * inputs, (k + 1) * inputs);
    const norm = Math.sqrt(centre.reduce((sum, v) => sum + v * v, 0));
    centre.forEach((v, c) => {
      centre[c] = (separation * v) / norm;
    });
  }
  const split = (rows: number, first: number): Split => {
    const x = streams.draw("data", 0, "normal", 0, rows, inputs, first);
    const targets = balanced(rows, first, classes);
    for (let i = 0; i < x.length; i++) {
      x[i] += centres[targets[Math.floor(i / inputs)] * inputs + (i % inputs)];
    }
    return { rows, inputs: x, targets };
  };
  return generated(spec.name, "classification", inputs, classes, split, train, test);
}

export function spiral(spec: DataSpecOf<"spiral">, streams: Streams): Dataset {
  const { classes, turns, noise, train, test } = spec;
  const split = (rows: number, first: number): Split => {
    const scatter = streams.draw("dataNoise", 0, "normal", 0, rows, 2, first);
    const places = streams.draw("data", 0, "uniform", 0, rows, 1, first);
    const targets = balanced(rows, first, classes);
    const x = new Float32Array(2 * rows);
    for (let r = 0; r < rows; r++) {
      const radius = 0.5 + places[r] / (2 * Math.sqrt(3));
      const turn = turns * radius + targets[r] / classes;
      x[2 * r] = radius * cosTurn(turn) + noise * scatter[2 * r];
      x[2 * r + 1] = radius * sinTurn(turn) + noise * scatter[2 * r + 1];
    }
    return { rows, inputs: x, targets };
  };
  return generated(spec.name, "classification", 2, classes, split, train, test);
}

/** Class i mod `classes` for sample i. */
function balanced(rows: number, first: number, classes: number): Uint32Array {
  return Uint32Array.from({ length: rows }, (_, r) => (first + r) % classes);
}

function generated(
  name: string,
  task: Dataset["task"],
  inputs: number,
  outputs: number,
  split: (rows: number, first: number) => Split,
  train: number,
  test: number,
): Dataset {
  for (const [field, rows] of Object.entries({ "data.train": train, "data.test": test })) {
    if (rows * (inputs + outputs) > MOST_NUMBERS) {
      throw new InputError(
        field,
        `${field} is ${rows}: takes at most ${Math.floor(MOST_NUMBERS / (inputs + outputs))} samples of ${inputs} inputs`,
      );
    }
  }
  return {
    name,
    task,
    inputs,
    outputs,
    scale: 1,
    shift: 0,
    train: split(train, 0),
    test: test > 0 ? split(test, train) : null,
  };
}
