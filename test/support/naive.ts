import type { Dataset, Split } from "../../ts/data/dataset.js";
import type { Network } from "../../ts/program/network.js";
import type { Activation } from "../../ts/program/ops.js";
import type { Plan } from "../../ts/program/workspace.js";
import type { Parameters } from "../../ts/train/parameters.js";
import { STEP_COLUMNS } from "../../ts/train/record/recorder.js";
import type { Schedule } from "../../ts/train/schedule.js";
import type { Trajectory } from "../../ts/trajectory/trajectory.js";

/**
 * Training by loops over samples and numbers, from the equations: no matrices `[W | b | W_NI]`, no constant columns,
 * gradients written out. It shares nothing with the program's lowering, which it is the oracle of.
 */
export interface NaiveRun {
  readonly plan: Plan;
  readonly data: Dataset;
  readonly schedule: Schedule;
  readonly start: Parameters;
  readonly order: (epoch: number) => ArrayLike<number>;
  /** Unit noise of a group that epoch `epoch` trains on, `[trainRows, nodes]`. */
  readonly noise: (group: number, epoch: number) => ArrayLike<number>;
}

export interface NaiveResult {
  readonly trajectory: Trajectory;
  readonly parameters: Parameters;
  readonly steps: number;
}

type Row = { [K in keyof Trajectory["steps"]]: number };
type Evaluation = { [K in keyof Trajectory["evaluations"]]: number };

export function naiveRun({ plan, data, schedule, start, order, noise }: NaiveRun): NaiveResult {
  const { network, batch, learningRate, momentum, weightDecay } = plan;
  const parameters = mapped(start, (values) => Float64Array.from(values));
  const velocity = mapped(start, (values) => new Float64Array(values.length));
  const rows: Row[] = [];
  const evaluations: Evaluation[] = [];
  const epsOf = (sample: number, epoch: number) =>
    network.noise.map(({ nodes, sigma }, g) =>
      Array.from({ length: nodes }, (_, k) => sigma * noise(g, epoch)[sample * nodes + k]),
    );

  const evaluate = (step: number, epoch: number) => {
    const over = (split: Split, count: number) => {
      let [loss, correct] = [0, 0];
      for (let i = 0; i < count; i++) {
        const { output } = forward(network, parameters, inputOf(data, split, i), null);
        loss += lossOf(network, output, targetOf(plan, data, split, i)).loss;
        if (plan.classes && output.indexOf(Math.max(...output)) === split.targets[i]) correct++;
      }
      return { loss: loss / count, accuracy: plan.classes ? correct / count : Number.NaN };
    };
    const train = over(data.train, plan.evaluateRows);
    const test = data.test
      ? over(data.test, data.test.rows)
      : { loss: Number.NaN, accuracy: Number.NaN };
    const measured = Math.min(plan.trainRows, 1024);
    let response = 0;
    for (let i = 0; i < measured; i++) {
      const x = inputOf(data, data.train, i);
      const noisy = forward(network, parameters, x, epsOf(i, epoch)).output;
      const quiet = forward(network, parameters, x, null).output;
      noisy.forEach((f, k) => {
        response += (f - quiet[k]) ** 2 / measured;
      });
    }
    const sigmas = network.noise.map(({ sigma }) => sigma ** 2);
    const sigmaSquared = sigmas.reduce((a, b) => a + b, 0) / sigmas.length;
    evaluations.push({
      step,
      epoch: step / schedule.stepsPerEpoch,
      unperturbedLoss: train.loss,
      trainAccuracy: train.accuracy,
      testLoss: test.loss,
      testAccuracy: test.accuracy,
      niwNorm: norm(parameters.niw),
      memory: memory(start, parameters),
      effectiveNiw: isLinear(network)
        ? effectiveNiw(network, parameters)
        : Math.sqrt(response / sigmaSquared),
      ...dose(),
    });
    const { stop } = schedule;
    return (
      train.accuracy >= (stop.trainAccuracy ?? Number.POSITIVE_INFINITY) ||
      train.loss <= (stop.loss ?? Number.NEGATIVE_INFINITY)
    );
  };

  let [slope, square] = [0, 0];
  /** The dose so far, from the definitions of the theory's section 5. */
  const dose = () =>
    network.noise.length === 0
      ? { dosePaid: Number.NaN, doseBudget: Number.NaN }
      : {
          dosePaid: slope / 2,
          doseBudget:
            (norm(start.niw) ** 2 - norm(parameters.niw) ** 2 + learningRate ** 2 * square) /
            (4 * learningRate),
        };
  const early = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12].filter((step) => step <= schedule.evaluateEarly);
  evaluate(0, 0);
  let step = 0;
  training: for (let epoch = 0; step < schedule.steps; epoch++) {
    for (let k = 0; k < schedule.stepsPerEpoch && step < schedule.steps; k++, step++) {
      if (k > 0 && early.includes(step) && evaluate(step, epoch)) break training;
      const gradient = mapped(parameters, (values) => new Float64Array(values.length));
      let loss = 0;
      const squares = network.noise.map(() => 0);
      for (let r = 0; r < batch; r++) {
        const i = order(epoch)[k * batch + r];
        const [x, target] = [inputOf(data, data.train, i), targetOf(plan, data, data.train, i)];
        const eps = epsOf(i, epoch);
        loss += addGradient(network, parameters, x, target, eps, gradient, squares) / batch;
      }
      if (step < schedule.dense || step % schedule.every === 0) {
        const diffusion = network.noise.map(
          ({ sigma, nodes }, g) => (sigma ** 2 * nodes * squares[g]) / batch,
        );
        rows.push({
          step,
          loss,
          ...linearNumbers(plan, parameters),
          memory: memory(start, parameters),
          kick:
            (learningRate / (1 - momentum)) *
            Math.sqrt(diffusion.reduce((a, b) => a + b, 0) / batch),
          ...dose(),
        });
      }
      gradient.niw.forEach((values, g) => {
        values.forEach((value, i) => {
          slope += (parameters.niw[g][i] * value) / batch;
          square += (value / batch) ** 2;
        });
      });
      each(parameters, gradient, velocity, (p, g, v) => {
        for (let j = 0; j < p.length; j++) {
          v[j] = momentum * v[j] + g[j] / batch + weightDecay * p[j];
          p[j] -= learningRate * v[j];
        }
      });
    }
    const due = (epoch + 1) % schedule.evaluateEvery === 0 || early.includes(step);
    if (step >= schedule.steps || due) {
      if (evaluate(step, epoch)) break;
    }
  }
  const steps = columns(rows, STEP_COLUMNS);
  const none = new Float64Array(0);
  return {
    trajectory: {
      steps: {
        ...steps,
        ...(isLinear(network) ? {} : { effectiveNiw: none, kappa: none }),
        ...(norm(start.niw) > 0 ? {} : { memory: none }),
        ...(network.noise.length > 0 ? {} : { kick: none, dosePaid: none, doseBudget: none }),
      },
      evaluations: columns(evaluations, Object.keys(evaluations[0]) as (keyof Evaluation)[]),
    },
    parameters,
    steps: step,
  };
}

/** `x_0 .. x_L` (inputs of the layers), pre-activations, and the output. */
function forward(network: Network, p: Parameters, x: number[], eps: number[][] | null) {
  const xs = [x];
  const zs: number[][] = [];
  const last = network.widths.length - 2;
  for (let l = 0; l <= last; l++) {
    const [fanIn, fanOut] = [network.widths[l], network.widths[l + 1]];
    const z = Array.from({ length: fanOut }, (_, o) => {
      let sum = 0;
      for (let i = 0; i < fanIn; i++)
        sum += network.factors[l] * p.weights[l][o * fanIn + i] * xs[l][i];
      if (network.bias) sum += p.biases[l][o];
      network.noise.forEach(({ layer, nodes }, g) => {
        if (layer !== l || !eps) return;
        for (let k = 0; k < nodes; k++) sum += p.niw[g][o * nodes + k] * eps[g][k];
      });
      return sum;
    });
    zs.push(z);
    xs.push(l < last ? z.map((value) => activation(network.activation, value)) : z);
  }
  return { xs, zs, output: xs[last + 1] };
}

/** Adds one sample's gradient, and the square of that at each noise group's layer; returns its loss. */
function addGradient(
  network: Network,
  p: Parameters,
  x: number[],
  target: number | number[],
  eps: number[][],
  gradient: Parameters,
  squares: number[],
): number {
  const { xs, zs, output } = forward(network, p, x, eps);
  const { loss, gradient: atOutput } = lossOf(network, output, target);
  let delta = atOutput;
  for (let l = network.widths.length - 2; l >= 0; l--) {
    const fanIn = network.widths[l];
    const back = new Array<number>(fanIn).fill(0);
    delta.forEach((d, o) => {
      for (let i = 0; i < fanIn; i++) {
        gradient.weights[l][o * fanIn + i] += network.factors[l] * d * xs[l][i];
        back[i] += network.factors[l] * d * p.weights[l][o * fanIn + i];
      }
      if (network.bias) gradient.biases[l][o] += d;
      network.noise.forEach(({ layer, nodes }, g) => {
        if (layer !== l) return;
        squares[g] += d * d;
        for (let k = 0; k < nodes; k++) gradient.niw[g][o * nodes + k] += d * eps[g][k];
      });
    });
    if (l > 0) delta = back.map((d, i) => d * derivative(network.activation, zs[l - 1][i]));
  }
  return loss;
}

function lossOf(network: Network, output: number[], target: number | number[]) {
  if (network.loss === "cross-entropy") {
    const largest = Math.max(...output);
    const total = output.reduce((sum, z) => sum + Math.exp(z - largest), 0);
    const label = target as number;
    return {
      loss: largest + Math.log(total) - output[label],
      gradient: output.map((z, k) => Math.exp(z - largest) / total - (k === label ? 1 : 0)),
    };
  }
  const difference = output.map((f, k) => f - (target as number[])[k]);
  return { loss: 0.5 * difference.reduce((sum, d) => sum + d * d, 0), gradient: difference };
}

function inputOf(data: Dataset, { inputs }: Split, i: number): number[] {
  const own = Array.from(inputs.subarray(i * data.inputs, (i + 1) * data.inputs));
  return own.map((value) => data.scale * value + data.shift);
}

function targetOf(plan: Plan, data: Dataset, { targets }: Split, i: number): number | number[] {
  if (!plan.classes) return Array.from(targets.subarray(i * data.outputs, (i + 1) * data.outputs));
  if (plan.network.loss === "cross-entropy") return targets[i];
  return Array.from({ length: data.outputs }, (_, k) => (k === targets[i] ? 1 : 0));
}

function activation(kind: Activation, z: number): number {
  if (kind === "relu") return Math.max(z, 0);
  if (kind === "tanh") return Math.tanh(z);
  return kind === "gelu" ? z * normalCdf(z) : z;
}

function derivative(kind: Activation, z: number): number {
  if (kind === "relu") return z > 0 ? 1 : 0;
  if (kind === "tanh") return 1 / Math.cosh(z) ** 2;
  return kind === "gelu" ? normalCdf(z) + z * normalDensity(z) : 1;
}

function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
}

/** `1/2 + phi(z) (z + z^3/3 + z^5/(3 5) + ...)` (Marsaglia, *Evaluating the Normal Distribution*, 2004). */
function normalCdf(z: number): number {
  if (Math.abs(z) > 9) return z > 0 ? 1 : 0;
  let term = z;
  let sum = z;
  for (let k = 3; Math.abs(term) > 1e-18 * Math.abs(sum); k += 2) {
    term *= (z * z) / k;
    sum += term;
  }
  return 0.5 + normalDensity(z) * sum;
}

function isLinear({ widths, activation: kind, loss, noise }: Network): boolean {
  const twoLayers = widths.length === 3 && widths[2] === 1;
  return (
    twoLayers && kind === "linear" && loss === "mse" && noise.length === 1 && noise[0].layer === 0
  );
}

/** `|alpha w2^T W_NI|`. */
function effectiveNiw({ factors, noise }: Network, { weights, niw }: Parameters): number {
  const { nodes } = noise[0];
  const each = Array.from({ length: nodes }, (_, k) =>
    weights[1].reduce((sum, w, o) => sum + factors[1] * w * niw[0][o * nodes + k], 0),
  );
  return Math.hypot(...each);
}

function linearNumbers({ network, learningRate }: Plan, p: Parameters) {
  const niwNorm = norm(p.niw);
  if (!isLinear(network)) return { niwNorm, effectiveNiw: Number.NaN, kappa: Number.NaN };
  const lambda = network.factors[1] ** 2 * (norm([p.weights[1]]) ** 2 + niwNorm ** 2);
  const kappa = learningRate * network.noise[0].sigma ** 2 * lambda;
  return { niwNorm, effectiveNiw: effectiveNiw(network, p), kappa };
}

/** `<W_NI, W_NI(0)> / |W_NI(0)|^2`. */
function memory(start: Parameters, now: Parameters): number {
  let overlap = 0;
  start.niw.forEach((values, g) => {
    values.forEach((w, i) => {
      overlap += w * now.niw[g][i];
    });
  });
  return overlap / norm(start.niw) ** 2;
}

function norm(parts: readonly Float64Array[]): number {
  return Math.hypot(...parts.map((values) => Math.hypot(...values)));
}

function mapped(p: Parameters, f: (values: Float64Array) => Float64Array): Parameters {
  return { weights: p.weights.map(f), biases: p.biases.map(f), niw: p.niw.map(f) };
}

function each(
  a: Parameters,
  b: Parameters,
  c: Parameters,
  f: (a: Float64Array, b: Float64Array, c: Float64Array) => void,
): void {
  for (const part of ["weights", "biases", "niw"] as const) {
    a[part].forEach((values, i) => {
      f(values, b[part][i], c[part][i]);
    });
  }
}

function columns<K extends string>(rows: readonly { [P in K]: number }[], keys: readonly K[]) {
  const entries = keys.map((key) => [key, Float64Array.from(rows, (row) => row[key])]);
  return Object.fromEntries(entries) as { [P in K]: Float64Array };
}
