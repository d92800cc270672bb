import { type Activation, type Epilogue, type Op, type Region, scaleOf } from "../program/ops.js";
import { type Arena, BYTES } from "./arena.js";

const OPCODES: Record<Op["op"], number> = {
  gather: 1,
  product: 2,
  activate: 3,
  activationGradient: 4,
  crossEntropy: 5,
  squaredError: 6,
  countCorrect: 7,
  dot: 8,
  addScaled: 9,
  activationCurvature: 10,
  softmaxTangent: 11,
  multiply: 12,
};

const ACTIVATIONS: Record<Activation | Epilogue, number> = { relu: 1, tanh: 2, gelu: 3, linear: 4 };

/** Writes an operation's record (`assembly/run.ts`) for one replica to address `at`. */
export function encode(op: Op, arena: Arena, replica: number, view: DataView, at: number): void {
  const words = (...values: number[]) => {
    [OPCODES[op.op], ...values].forEach((value, i) => {
      view.setInt32(at + 4 * i, value, true);
    });
  };
  const float = (word: number, value: number) => view.setFloat32(at + 4 * word, value, true);
  const double = (word: number, value: number) => view.setFloat64(at + 4 * word, value, true);
  const base = (buffer: string) => baseOf(buffer, arena, replica);
  const address = (region: Region) => base(region.buffer) + 4 * region.offset;
  const matrix = (region: Region) => [address(region), 4 * region.stride];

  switch (op.op) {
    case "gather": {
      const bytes = arena.buffers.get(op.source)?.spec.type === "byte" ? 1 : 0;
      const { into } = op;
      const target = [...matrix(into), into.rows, into.cols];
      words(base(op.source), bytes, base(op.index), ...target);
      float(8, scaleOf(op, replica));
      float(9, op.shift);
      break;
    }
    case "product": {
      const { a, b, c } = op;
      const stepsA = op.transposeA ? [4, 4 * a.stride] : [4 * a.stride, 4];
      // The kernel reads op(B) by columns: its first step goes from one column of op(B) to the next.
      const stepsB = op.transposeB ? [4 * b.stride, 4] : [4, 4 * b.stride];
      const depth = op.transposeA ? a.rows : a.cols;
      words(c.rows, c.cols, depth, address(a), ...stepsA, address(b), ...stepsB, ...matrix(c));
      float(12, op.alpha);
      float(13, op.beta);
      view.setInt32(at + 4 * 14, op.epilogue ? ACTIVATIONS[op.epilogue] : 0, true);
      break;
    }
    case "activate":
      words(
        ACTIVATIONS[op.activation],
        ...matrix(op.from),
        ...matrix(op.into),
        op.into.rows,
        op.into.cols,
      );
      break;
    case "activationGradient":
      words(
        ACTIVATIONS[op.activation],
        ...matrix(op.at),
        ...matrix(op.into),
        op.into.rows,
        op.into.cols,
      );
      break;
    case "activationCurvature":
      words(
        ACTIVATIONS[op.activation],
        ...matrix(op.at),
        ...matrix(op.tangent),
        ...matrix(op.gradient),
        ...matrix(op.into),
        op.into.rows,
        op.into.cols,
      );
      break;
    case "softmaxTangent":
      words(...matrix(op.logits), ...matrix(op.into), op.into.rows, op.into.cols);
      break;
    case "crossEntropy":
    case "squaredError": {
      const [from, targets] =
        op.op === "crossEntropy" ? [op.logits, op.labels] : [op.outputs, op.targets];
      const gradient = op.gradient ? matrix(op.gradient) : [0, 0];
      words(...matrix(from), ...matrix(targets), ...gradient, from.rows, from.cols, op.slot);
      double(10, op.scale);
      break;
    }
    case "countCorrect":
      words(...matrix(op.logits), ...matrix(op.labels), op.logits.rows, op.logits.cols, op.slot);
      break;
    case "dot":
      words(...matrix(op.a), ...matrix(op.b), op.a.rows, op.a.cols, op.slot);
      double(8, op.scale);
      break;
    case "addScaled":
      words(...matrix(op.from), ...matrix(op.into), op.into.rows, op.into.cols);
      float(7, op.factor);
      break;
    case "multiply":
      words(...matrix(op.by), ...matrix(op.into), op.into.rows, op.into.cols);
      break;
  }
}

function baseOf(buffer: string, arena: Arena, replica: number): number {
  const found = arena.buffers.get(buffer);
  if (!found) throw new Error(`the program has no buffer ${buffer}`);
  const { address, spec } = found;
  return spec.shared ? address : address + replica * spec.length * BYTES[spec.type];
}
