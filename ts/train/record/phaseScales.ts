import type { PhaseScales } from "../../analysis/phaseNumbers.js";
import { squares } from "../../analysis/vectors.js";
import type { Dataset } from "../../data/dataset.js";
import { isLinearModel } from "../../program/network.js";
import type { Plan } from "../../program/workspace.js";
import type { RunInputs } from "../inputs.js";
import { initialParameters } from "../parameters.js";

/** Number of steps over which the loss of small batches is averaged. */
const WINDOW = 5;

/** The scales by which a run's phase is classified. */
export function phaseScales(plan: Plan, data: Dataset, inputs: RunInputs): PhaseScales {
  const scales = isLinearModel(plan.network)
    ? linearScales(plan, data, inputs)
    : networkScales(plan, data);
  return { ...scales, ...noiseScales(plan, inputs) };
}

/** What the noise groups bring in that have noise to feel and weights to feel it with; the loss alone, if there is none. */
function noiseScales(plan: Plan, inputs: RunInputs): Partial<PhaseScales> {
  const { noise, activation, widths } = plan.network;
  const starts = initialParameters(plan.network, inputs).niw.map(squares);
  const driven = noise.filter(({ sigma }, g) => sigma > 0 && starts[g] > 0);
  if (driven.length === 0) return { measure: "loss" };
  const all = starts.reduce((sum, square) => sum + square, 0);
  const moved = starts.reduce((sum, square, g) => (noise[g].sigma > 0 ? sum + square : sum), 0);
  const weights = noise.map(({ layer, nodes, sigma }) =>
    sigma > 0 ? nodes * widths[layer + 1] : 0,
  );
  const saturation = driven.map(({ sigma, layer }) =>
    activation === "tanh" && layer < widths.length - 2 ? sigma / Math.sqrt(widths[layer + 1]) : 0,
  );
  return {
    fixed: driven.every(({ mode }) => mode === "fixed"),
    weights: weights.reduce((a, b) => a + b, 0),
    // With weight decay they shrink.
    still: plan.weightDecay > 0 ? 0 : 1 - moved / all,
    saturation: Math.max(...saturation),
  };
}

function networkScales(plan: Plan, data: Dataset): PhaseScales {
  const constantLoss = bestConstantLoss(data, plan.network.loss);
  const window = plan.batch === plan.trainRows ? 1 : WINDOW;
  // A network's start is sharp, but its loss may begin below that of a constant by luck.
  return { measure: "memory", niw: 0, loss: constantLoss, constantLoss, window };
}

/**
 * The scales of the linear model, which has one noise group. Its `alpha w2^T W_NI` and `alpha w2^T w1` are sums of `d`
 * products of independent zero-mean numbers, so over initialisations their mean squares are `alpha^2 |w2|^2 |W_NI|^2 / d` and
 * `alpha^2 |w2|^2 |w1|^2 / d`.
 */
export function linearScales(plan: Plan, data: Dataset, inputs: RunInputs): PhaseScales {
  const { weights, niw } = initialParameters(plan.network, inputs);
  const { factors, noise, widths } = plan.network;
  const output = (factors[1] ** 2 * squares(weights[1])) / widths[1];
  const niwSquare = output * squares(niw[0]);
  const dataSquare = output * squares(weights[0]) * factors[0] ** 2 * inputSquare(data);
  const targetSquare = meanSquare(data.train.targets);
  return {
    ...networkScales(plan, data),
    measure: "effective",
    niw: Math.sqrt(niwSquare),
    loss: 0.5 * (targetSquare + dataSquare + noise[0].sigma ** 2 * niwSquare),
  };
}

/** The lowest training loss that predictions which ignore the input can have. */
export function bestConstantLoss(
  { train, task, outputs }: Dataset,
  loss: Plan["network"]["loss"],
): number {
  if (task === "regression") return 0.5 * varianceSum(train.targets, outputs);
  const counts = new Float64Array(outputs);
  for (let i = 0; i < train.rows; i++) counts[train.targets[i]]++;
  const shares = counts.map((count) => count / train.rows);
  return loss === "cross-entropy"
    ? -shares.reduce((sum, p) => (p > 0 ? sum + p * Math.log(p) : sum), 0)
    : 0.5 * shares.reduce((sum, p) => sum + p * (1 - p), 0);
}

/** Sum over columns of the variance over rows. */
function varianceSum(values: ArrayLike<number>, columns: number): number {
  const rows = values.length / columns;
  let total = 0;
  for (let c = 0; c < columns; c++) {
    let sum = 0;
    let sumSquares = 0;
    for (let r = 0; r < rows; r++) {
      const x = values[r * columns + c];
      sum += x;
      sumSquares += x * x;
    }
    total += sumSquares / rows - (sum / rows) ** 2;
  }
  return total;
}

/** Mean square of the inputs that the network sees. */
function inputSquare({ train: { inputs }, scale, shift }: Dataset): number {
  let sum = 0;
  for (let i = 0; i < inputs.length; i++) sum += (scale * inputs[i] + shift) ** 2;
  return sum / inputs.length;
}

function meanSquare(values: ArrayLike<number>): number {
  return squares(values) / values.length;
}
