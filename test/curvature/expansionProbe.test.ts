import { expect, test } from "vitest";
import { referenceMachine } from "../../ts/backend/reference.js";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { type ExpansionPoint, ExpansionProbe } from "../../ts/curvature/expansionProbe.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import { train } from "../../ts/jobs/train.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import { prepare } from "../../ts/train/prepare.js";
import { type Observed, runTraining } from "../../ts/train/trainer.js";

const kernels = await loadKernels();
const data = { name: "gaussian-mixture", inputs: 12, classes: 4, train: 80, test: 0 } as const;

/** The expansion at the steps of a run, and the run. */
async function followed(config: object, machine = referenceMachine(), every = 1) {
  const experiment = parseExperiment({ data, epochs: 2, optimizer: { batchSize: 20 }, ...config });
  const prepared = await prepare(experiment, { kernels });
  const { plan, schedule } = prepared;
  const probe = await ExpansionProbe.open(machine, prepared);
  const points: ExpansionPoint[] = [];
  const seen: Observed[] = [];
  const observer = {
    next: (step: number) => Math.ceil(step / every) * every,
    look: async (state: Observed) => {
      seen.push(state);
      if (state.step < schedule.steps) points.push(await probe.at(state));
    },
  };
  const result = await runTraining(machine, prepared, { observer });
  probe.dispose();
  return { points, seen, result, plan, experiment };
}

test("the exact gradient is what the step then takes; a run that is watched is the same run", async () => {
  const config = {
    network: { layers: [9, 7], activation: "relu" },
    noise: [
      { layer: 1, nodes: 2, sigma: 1.5 },
      { layer: 1, sigma: 0.5, mode: "fixed" },
      { layer: 0, sigma: 1 },
    ],
  };
  const { points, seen, result, plan, experiment } = await followed(config);
  expect(seen.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  const [columns, rows, nodes] = [9 + 1 + 3, 7, 3];
  for (const { step, exact } of points) {
    let square = 0;
    for (let r = 0; r < rows; r++) {
      for (let c = columns - nodes; c < columns; c++) {
        const [before, after] = [seen[step], seen[step + 1]].map(
          (s) => s.weights[1][r * columns + c],
        );
        square += ((before - after) / plan.learningRate) ** 2;
      }
    }
    expect(Math.sqrt(square) / exact).toBeCloseTo(1, 10);
  }
  const unwatched = await train(experiment, { kernels, backend: "reference" });
  expect(result.trajectory).toEqual(unwatched.trajectory);
  const sparse = await followed(config, wasmMachine(kernels), 3);
  expect(sparse.seen.map(({ step }) => step)).toEqual([0, 3, 6]);
  expect(sparse.result.trajectory).toEqual((await train(experiment, { kernels })).trajectory);
  for (const [i, point] of sparse.points.entries()) {
    expect(point.secondError).toBeCloseTo(points[3 * i].secondError, 4);
  }
});

/** From where second order is all but exact in float64 to where noise is nearly of order one. */
const SIGMAS = [1e-3, 2e-3, 4e-3, 8e-3, 1.6e-2, 3.2e-2];

/** Slopes of the missed parts' lengths against sigma, on logarithmic axes: least squares over all of these. */
async function slopes(config: { network: object; noise: object[] }) {
  const points: number[][] = [];
  for (const sigma of SIGMAS) {
    const noise = config.noise.map((group) => ({ ...group, sigma }));
    const { points: steps } = await followed({ ...config, noise, epochs: 1 });
    const [{ exact, firstError, secondError }] = steps;
    points.push([sigma, firstError * exact, secondError * exact].map(Math.log));
  }
  const mean = (k: number) => points.reduce((sum, point) => sum + point[k], 0) / points.length;
  return [1, 2].map((k) => {
    const sum = (of: (x: number, y: number) => number) =>
      points.reduce((total, point) => total + of(point[0] - mean(0), point[k] - mean(k)), 0);
    return sum((x, y) => x * y) / sum((x) => x * x);
  });
}

test.each([
  ["tanh", 0, "cross-entropy"],
  ["gelu", 1, "cross-entropy"],
  ["tanh", 1, "mse"],
] as const)(
  "%s, layer %d, %s: the first term misses the second order, both miss the third",
  async (activation, layer, loss) => {
    const network = { layers: [10, 8], activation, loss };
    const [first, second] = await slopes({ network, noise: [{ layer, nodes: 2 }] });
    expect(Math.abs(first - 2)).toBeLessThan(0.02);
    expect(Math.abs(second - 3)).toBeLessThan(0.03);
  },
);

test("noise at two layers: the expansion knows what each does to the other", async () => {
  const network = { layers: [10, 8, 6], activation: "tanh" };
  const noise = [{ layer: 2, nodes: 2 }, { layer: 0 }];
  const [first, second] = await slopes({ network, noise });
  expect(Math.abs(first - 2)).toBeLessThan(0.02);
  expect(Math.abs(second - 3)).toBeLessThan(0.03);
});

test("the linear model's expansion ends with the second order", async () => {
  const { points } = await followed({
    network: { layers: [5], activation: "linear", loss: "mse" },
    data: { name: "linear-regression", inputs: 1, train: 80, slope: 1 },
    noise: [{ layer: 0, sigma: 0.7 }],
  });
  // f is linear in eps and the loss quadratic in f: nothing is left.
  for (const { secondError, firstError } of points) {
    expect(secondError).toBeLessThan(1e-13);
    expect(firstError).toBeGreaterThan(1e-3);
  }
});
