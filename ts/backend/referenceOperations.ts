import {
  type Activate,
  type Activation,
  type ActivationCurvature,
  type ActivationGradient,
  type AddScaled,
  type CountCorrect,
  type CrossEntropy,
  type Dot,
  type Gather,
  type Multiply,
  type Op,
  type Product,
  type Region,
  type SoftmaxTangent,
  type SquaredError,
  scaleOf,
} from "../program/ops.js";
import { normalCdf, normalDensity } from "./erf.js";

/** One replica's buffers, by name. */
export type Memory = Record<string, Float64Array | Uint8Array | Uint32Array>;

/** Runs one operation in one replica, in pass `step`; sums go to its row of the trace. */
export function execute(
  op: Op,
  memory: Memory,
  step: number,
  trace: Float64Array,
  replica: number,
): void {
  switch (op.op) {
    case "gather":
      return gather(op, memory, step, replica);
    case "product":
      return product(op, memory);
    case "activate":
      return activate(op, memory);
    case "activationGradient":
      return activationGradient(op, memory);
    case "activationCurvature":
      return activationCurvature(op, memory);
    case "softmaxTangent":
      return softmaxTangent(op, memory);
    case "crossEntropy":
      return crossEntropy(op, memory, trace);
    case "squaredError":
      return squaredError(op, memory, trace);
    case "countCorrect":
      return countCorrect(op, memory, trace);
    case "dot":
      return dot(op, memory, trace);
    case "addScaled":
      return addScaled(op, memory);
    case "multiply":
      return multiply(op, memory);
  }
}

/** Calls `visit` with the index of every element of a region, row by row. */
export function eachElement(
  region: Region,
  visit: (index: number, row: number, col: number) => void,
): void {
  for (let r = 0; r < region.rows; r++) {
    for (let c = 0; c < region.cols; c++) visit(region.offset + r * region.stride + c, r, c);
  }
}

function at(region: Region, row: number, col: number): number {
  return region.offset + row * region.stride + col;
}

function gather(op: Gather, memory: Memory, step: number, replica: number): void {
  const { source, index, into, shift } = op;
  const scale = scaleOf(op, replica);
  const from = memory[source];
  const rows = memory[index];
  const target = memory[into.buffer];
  eachElement(into, (i, r, c) => {
    target[i] = scale * from[rows[step * into.rows + r] * into.cols + c] + shift;
  });
}

function product(op: Product, memory: Memory): void {
  const { a, b, c, alpha, beta } = op;
  const A = memory[a.buffer];
  const B = memory[b.buffer];
  const C = memory[c.buffer];
  const depth = op.transposeA ? a.rows : a.cols;
  const [aRow, aStep] = op.transposeA ? [1, a.stride] : [a.stride, 1];
  const [bCol, bStep] = op.transposeB ? [b.stride, 1] : [1, b.stride];
  eachElement(c, (i, r, col) => {
    let sum = 0;
    let p = a.offset + r * aRow;
    let q = b.offset + col * bCol;
    for (let k = 0; k < depth; k++) {
      sum += A[p] * B[q];
      p += aStep;
      q += bStep;
    }
    const value = alpha * sum + (beta === 0 ? 0 : beta * C[i]);
    C[i] = op.epilogue ? activation(op.epilogue, value) : value;
  });
}

function activation(kind: Activation, z: number): number {
  switch (kind) {
    case "relu":
      return z < 0 ? 0 : z;
    case "tanh":
      return Math.tanh(z);
    case "gelu":
      return z * normalCdf(z);
    case "linear":
      return z;
  }
}

/** The derivative, computed from the output for relu and tanh, from the input for gelu. */
function derivative(kind: Activation, value: number): number {
  switch (kind) {
    case "relu":
      return value > 0 ? 1 : 0;
    case "tanh":
      return 1 - value * value;
    case "gelu":
      return normalCdf(value) + value * normalDensity(value);
    case "linear":
      return 1;
  }
}

/** The second derivative, computed from the output for relu and tanh, from the input for gelu. */
function secondDerivative(kind: Activation, value: number): number {
  switch (kind) {
    case "relu":
    case "linear":
      return 0;
    case "tanh":
      return -2 * value * (1 - value * value);
    case "gelu":
      return 2 * normalDensity(value) - value * (value * normalDensity(value));
  }
}

function activate(op: Activate, memory: Memory): void {
  const from = memory[op.from.buffer];
  const into = memory[op.into.buffer];
  eachElement(op.into, (i, r, c) => {
    into[i] = activation(op.activation, from[at(op.from, r, c)]);
  });
}

function activationGradient(op: ActivationGradient, memory: Memory): void {
  const values = memory[op.at.buffer];
  const into = memory[op.into.buffer];
  eachElement(op.into, (i, r, c) => {
    into[i] *= derivative(op.activation, values[at(op.at, r, c)]);
  });
}

function activationCurvature(op: ActivationCurvature, memory: Memory): void {
  const values = memory[op.at.buffer];
  const tangent = memory[op.tangent.buffer];
  const gradient = memory[op.gradient.buffer];
  const into = memory[op.into.buffer];
  eachElement(op.into, (i, r, c) => {
    const both = tangent[at(op.tangent, r, c)] * gradient[at(op.gradient, r, c)];
    into[i] += secondDerivative(op.activation, values[at(op.at, r, c)]) * both;
  });
}

function softmaxTangent({ logits, into }: SoftmaxTangent, memory: Memory): void {
  for (let r = 0; r < logits.rows; r++) {
    const row = memory[logits.buffer].slice(at(logits, r, 0), at(logits, r, logits.cols));
    const tangent = memory[into.buffer].subarray(at(into, r, 0), at(into, r, into.cols));
    let largest = row[0];
    for (const z of row) largest = z > largest ? z : largest;
    let total = 0;
    let mean = 0;
    for (let c = 0; c < row.length; c++) {
      row[c] = Math.exp(row[c] - largest);
      total += row[c];
      mean += row[c] * tangent[c];
    }
    mean /= total;
    for (let c = 0; c < row.length; c++) tangent[c] = (row[c] / total) * (tangent[c] - mean);
  }
}

function crossEntropy(op: CrossEntropy, memory: Memory, trace: Float64Array): void {
  const { logits, labels, gradient } = op;
  const from = memory[logits.buffer];
  let sum = 0;
  for (let r = 0; r < logits.rows; r++) {
    const row = from.slice(at(logits, r, 0), at(logits, r, logits.cols));
    const label = memory[labels.buffer][at(labels, r, 0)];
    let largest = row[0];
    for (const z of row) largest = z > largest ? z : largest;
    let total = 0;
    for (const z of row) total += Math.exp(z - largest);
    sum += Math.log(total) + largest - row[label];
    if (!gradient) continue;
    const into = memory[gradient.buffer];
    for (let c = 0; c < logits.cols; c++) {
      into[at(gradient, r, c)] = Math.exp(row[c] - largest) / total - (c === label ? 1 : 0);
    }
  }
  trace[op.slot] = op.scale * sum;
}

function squaredError(op: SquaredError, memory: Memory, trace: Float64Array): void {
  const outputs = memory[op.outputs.buffer];
  const targets = memory[op.targets.buffer];
  let sum = 0;
  eachElement(op.outputs, (i, r, c) => {
    const difference = outputs[i] - targets[at(op.targets, r, c)];
    sum += difference * difference;
    if (op.gradient) memory[op.gradient.buffer][at(op.gradient, r, c)] = difference;
  });
  trace[op.slot] = op.scale * 0.5 * sum;
}

function countCorrect(op: CountCorrect, memory: Memory, trace: Float64Array): void {
  const logits = memory[op.logits.buffer];
  let correct = 0;
  for (let r = 0; r < op.logits.rows; r++) {
    let best = 0;
    for (let c = 1; c < op.logits.cols; c++) {
      if (logits[at(op.logits, r, c)] > logits[at(op.logits, r, best)]) best = c;
    }
    if (best === memory[op.labels.buffer][at(op.labels, r, 0)]) correct++;
  }
  trace[op.slot] = correct;
}

function dot(op: Dot, memory: Memory, trace: Float64Array): void {
  const a = memory[op.a.buffer];
  const b = memory[op.b.buffer];
  let sum = 0;
  eachElement(op.a, (i, r, c) => {
    sum += a[i] * b[at(op.b, r, c)];
  });
  trace[op.slot] = op.scale * sum;
}

function addScaled(op: AddScaled, memory: Memory): void {
  const from = memory[op.from.buffer];
  const into = memory[op.into.buffer];
  eachElement(op.into, (i, r, c) => {
    into[i] += op.factor * from[at(op.from, r, c)];
  });
}

function multiply(op: Multiply, memory: Memory): void {
  const by = memory[op.by.buffer];
  const into = memory[op.into.buffer];
  eachElement(op.into, (i, r, c) => {
    into[i] *= by[at(op.by, r, c)];
  });
}
