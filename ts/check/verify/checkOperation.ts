import type { Machine, Values } from "../../backend/machine.js";
import { referenceMachine } from "../../backend/reference.js";
import type { BufferSpec, Op, Program, Region } from "../../program/ops.js";
import { replicasOf, storedLength } from "../../program/ops.js";
import { chainLength, gamma, mulberry, TINY, UNIT_ROUNDOFF as U } from "./roundings.js";

/** The error and the bound of the element that is closest to its bound, or exceeds it the most. */
export interface Worst {
  readonly error: number;
  readonly bound: number;
}

type Contents = Record<string, Values>;

/**
 * Runs one operation of a program on random numbers, on a machine and on the float64 reference, and compares everything
 * that it wrote. The bounds follow from the lengths of its sums. Elements that it should not write must be unchanged.
 * @param scale the typical size of the random numbers.
 */
export async function checkOperation(
  machine: Machine,
  program: Program,
  op: Op,
  scale = 1,
): Promise<Worst> {
  return (await expectationOf(program, op, scale))(machine);
}

/**
 * Computes the reference's results, which take long, once. The returned function compares a machine with them.
 */
export async function expectationOf(
  program: Program,
  op: Op,
  scale = 1,
): Promise<(machine: Machine) => Promise<Worst>> {
  const names = new Set(regionsOf(op).map(({ buffer }) => buffer));
  if (op.op === "gather") for (const name of [op.source, op.index]) names.add(name);
  const buffers = Object.fromEntries([...names].map((name) => [name, program.buffers[name]]));
  const slots = "slot" in op ? op.slot + 1 : 0;
  const alone: Program = {
    replicas: program.replicas,
    buffers,
    fills: [],
    lists: { list: { ops: [op], slots } },
  };
  const contents = contentsFor(alone, op, scale);
  const exact = await outcome(referenceMachine(), alone, contents);
  const bounds = await boundsOf(alone, op, contents, exact);
  return async (machine) => worstOf(await outcome(machine, alone, contents), exact, bounds);
}

function worstOf(found: Outcome, exact: Outcome, bounds: Outcome): Worst {
  let worst: Worst = { error: 0, bound: 0 };
  const compare = (value: number, right: number, bound: number) => {
    const error = Object.is(value, right) || value === right ? 0 : Math.abs(value - right);
    if (!(error * Math.max(worst.bound, TINY) <= worst.error * Math.max(bound, TINY))) {
      worst = { error, bound };
    }
  };
  for (const [name, values] of Object.entries(exact.memory)) {
    const own = bounds.memory[name];
    values.forEach((right, i) => {
      compare(found.memory[name][i], right, own?.[i] ?? 0);
    });
  }
  exact.trace.forEach((right, i) => {
    compare(found.trace[i], right, bounds.trace[i]);
  });
  return worst;
}

export function withinBound({ error, bound }: Worst): boolean {
  return error <= bound;
}

interface Outcome {
  readonly memory: Record<string, Float64Array>;
  readonly trace: Float64Array;
}

async function outcome(machine: Machine, program: Program, contents: Contents): Promise<Outcome> {
  const session = await machine.open(program);
  try {
    for (const [name, values] of Object.entries(contents)) session.write(name, values);
    const trace = await session.run("list", 0, 1);
    const memory: Record<string, Float64Array> = {};
    for (const name of Object.keys(contents)) memory[name] = await session.read(name);
    return { memory, trace };
  } finally {
    session.dispose();
  }
}

function regionsOf(op: Op): Region[] {
  return Object.values(op).filter(
    (value): value is Region => typeof value === "object" && "buffer" in value,
  );
}

/**
 * Random contents of the size that networks have. They are rounded to float32, so that every machine holds the same
 * numbers.
 */
function contentsFor({ buffers, replicas = 1 }: Program, op: Op, scale: number): Contents {
  const random = mulberry(2026);
  // The sum of four uniform numbers is close enough to normal.
  const normal = () => scale * Math.sqrt(3) * (random() + random() + random() + random() - 2);
  const rows = op.op === "gather" ? buffers[op.source].length / op.into.cols : 1;
  const fill = (spec: BufferSpec): Values => {
    const length = storedLength(spec, replicas);
    if (spec.type === "byte") return Uint8Array.from({ length }, () => 256 * random());
    if (spec.type === "index") return Uint32Array.from({ length }, () => rows * random());
    return Float32Array.from({ length }, normal);
  };
  const contents = Object.fromEntries(
    Object.entries(buffers).map(([name, spec]) => [name, fill(spec)]),
  );
  if ("labels" in op) {
    const { length } = contents[op.labels.buffer];
    contents[op.labels.buffer] = Float32Array.from({ length }, () =>
      Math.floor(random() * op.logits.cols),
    );
  }
  return contents;
}

/** Error bounds for everything that an operation writes. Elements without a bound may not change at all. */
async function boundsOf(
  program: Program,
  op: Op,
  before: Contents,
  exact: Outcome,
): Promise<Outcome> {
  const replicas = replicasOf(program);
  const memory: Record<string, Float64Array> = {};
  const into = writtenBy(op);
  const trace = new Float64Array(exact.trace.length);
  if (into) memory[into.buffer] = new Float64Array(exact.memory[into.buffer].length);
  const sizes =
    op.op === "product" || op.op === "dot" ? await magnitudes(program, op, before) : null;
  const magnitude = op.op === "product" ? sizes?.memory[op.c.buffer] : null;
  for (let replica = 0; replica < replicas; replica++) {
    const base = (name: string) => {
      const { shared, length } = program.buffers[name];
      return shared ? 0 : replica * length;
    };
    const at = (m: Region, r: number, c: number) => {
      return base(m.buffer) + m.offset + r * m.stride + c;
    };
    const was = (m: Region, r: number, c: number) => Math.abs(before[m.buffer][at(m, r, c)]);
    if (into) {
      for (let r = 0; r < into.rows; r++) {
        for (let c = 0; c < into.cols; c++) {
          const i = at(into, r, c);
          const right = Math.abs(exact.memory[into.buffer][i]);
          memory[into.buffer][i] =
            TINY + elementBound(op, right, (m) => was(m, r, c), before, magnitude?.[i]);
        }
      }
    }
    const slots = trace.length / replicas;
    if ("slot" in op) {
      const k = replica * slots + op.slot;
      trace[k] = TINY + traceBound(op, exact.trace[k], before, sizes?.trace[k]);
    }
  }
  return { memory, trace };
}

function writtenBy(op: Op): Region | undefined {
  if (op.op === "product") return op.c;
  if ("into" in op) return op.into;
  return "gradient" in op ? op.gradient : undefined;
}

/**
 * The result with every number replaced by its absolute value: `|alpha| |A| |B| + |beta| |C|`, or `|scale| sum of |a_ij
 * b_ij|`.
 */
async function magnitudes(
  program: Program,
  op: Extract<Op, { op: "product" | "dot" }>,
  before: Contents,
): Promise<Outcome> {
  const sizes = Object.entries(before).map(([name, values]) => [name, values.map(Math.abs)]);
  const { slots } = program.lists.list;
  return outcome(
    referenceMachine(),
    { ...program, lists: { list: { ops: [positive(op)], slots } } },
    Object.fromEntries(sizes),
  );
}

function positive(op: Extract<Op, { op: "product" | "dot" }>): Op {
  if (op.op === "dot") return { ...op, scale: Math.abs(op.scale) };
  const { alpha, beta, epilogue: _, ...rest } = op;
  return { ...rest, alpha: Math.abs(alpha), beta: Math.abs(beta) };
}

/**
 * Rounding error of one element, in units of the roundoff u. WGSL's division may be off by 2.5 units in the last place,
 * other divisions by half a unit. Exponentials are computed by products and are off by a few units. With these, tanh is
 * within 6 u of 1. Phi is within 8 u of itself, besides the error x^2 u of its argument.
 */
function elementBound(
  op: Op,
  right: number,
  was: (m: Region) => number,
  before: Contents,
  magnitude = 0,
): number {
  switch (op.op) {
    case "gather":
      return gamma(4) * (right + 2 * Math.abs(op.shift));
    case "product": {
      const depth = op.transposeA ? op.a.rows : op.a.cols;
      return gamma(depth + 8) * magnitude + (op.epilogue === "tanh" ? 6 * U : 0);
    }
    case "activate":
      if (op.activation === "tanh") return 6 * U;
      return op.activation === "gelu" ? was(op.from) * 12 * U : 0;
    case "activationGradient": {
      const x = was(op.at);
      const slope = { relu: 0, linear: 0, tanh: 3 * U * (1 + x * x), gelu: (16 + 8 * x * x) * U };
      return was(op.into) * slope[op.activation] + 2 * U * right;
    }
    case "activationCurvature": {
      const x = was(op.at);
      // tanh: |a| (1 + a^2) covers every product and difference in -2 a (1 - a^2). gelu: (2 + x^2) phi, where phi
      // itself has the rounding error x^2 u.
      const bend = {
        relu: 0,
        linear: 0,
        tanh: 8 * U * 2 * x * (1 + x * x),
        gelu: (2 + x * x) * 0.4 * (12 + 4 * x * x) * U,
      };
      const both = was(op.tangent) * was(op.gradient);
      return both * bend[op.activation] + 4 * U * (right + was(op.into));
    }
    case "softmaxTangent":
      return 4 * softmaxError(before[op.logits.buffer]) * largest(before[op.into.buffer]);
    case "crossEntropy":
      return 2 * softmaxError(before[op.logits.buffer]);
    case "squaredError":
      return 2 * U * right;
    case "addScaled":
      return gamma(3) * (was(op.into) + Math.abs(op.factor) * was(op.from));
    case "multiply":
      return gamma(3) * was(op.into) * was(op.by);
    default:
      return 0;
  }
}

/**
 * Bound on the relative error of a softmax: z - max is rounded by u (|z| + |max|), which the exponential turns into a
 * relative error.
 */
function softmaxError(logits: Values): number {
  return (2 * largest(logits) + 8) * U;
}

/** Cached, because the bound is asked for once per element. */
const LARGEST = new WeakMap<Values, number>();

function largest(values: Values): number {
  const known = LARGEST.get(values);
  if (known !== undefined) return known;
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  LARGEST.set(values, most);
  return most;
}

function traceBound(
  op: Extract<Op, { slot: number }>,
  right: number,
  before: Contents,
  magnitude = 0,
): number {
  switch (op.op) {
    case "crossEntropy": {
      const { rows, buffer } = op.logits;
      const each = Math.abs(op.scale) * rows * softmaxError(before[buffer]);
      return each + gamma(chainLength(rows)) * right;
    }
    case "squaredError":
      return gamma(chainLength(op.outputs.rows * op.outputs.cols) + 4) * right;
    case "dot":
      return gamma(chainLength(op.a.rows * op.a.cols) + 2) * magnitude;
    case "countCorrect":
      return 0;
  }
}
