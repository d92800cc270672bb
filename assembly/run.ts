import { activate, activationCurvature, activationGradient } from "./activations";
import { gather } from "./gather";
import { countCorrect, crossEntropy, softmaxTangent, squaredError } from "./losses";
import { product } from "./product";
import { addScaled, dot, multiply } from "./vectors";

// A list of operations is stored as records of 32 words: the operation's number, then its operands in the order of the
// function's arguments. Addresses and steps are in bytes. `ts/backend/encode.ts` writes the records.

const GATHER = 1;
const PRODUCT = 2;
const ACTIVATE = 3;
const ACTIVATION_GRADIENT = 4;
const CROSS_ENTROPY = 5;
const SQUARED_ERROR = 6;
const COUNT_CORRECT = 7;
const DOT = 8;
const ADD_SCALED = 9;
const ACTIVATION_CURVATURE = 10;
const SOFTMAX_TANGENT = 11;
const MULTIPLY = 12;

export const RECORD: usize = 128;

// @ts-ignore: decorator
@inline
export function word(record: usize, i: i32): i32 {
  return load<i32>(record + (<usize>i << 2));
}

// @ts-ignore: decorator
@inline
export function real(record: usize, i: i32): f32 {
  return load<f32>(record + (<usize>i << 2));
}

/** Runs the list `count` times. Pass k has step number `first + k` and writes to row k of the trace. */
export function run(
  list: usize,
  length: i32,
  first: i32,
  count: i32,
  trace: usize,
  slots: i32,
  workspace: usize,
): void {
  for (let k = 0; k < count; k++) {
    let at = list;
    for (let i = 0; i < length; i++) {
      execute(at, first + k, trace, workspace);
      at += RECORD;
    }
    trace += <usize>slots << 3;
  }
}

export function execute(r: usize, step: i32, trace: usize, workspace: usize): void {
  switch (word(r, 0)) {
    case GATHER: {
      const rows = word(r, 6);
      const index = word(r, 3) + ((step * rows) << 2);
      gather(word(r, 1), word(r, 2) != 0, index, word(r, 4), word(r, 5), rows, word(r, 7), real(r, 8), real(r, 9));
      break;
    }
    case PRODUCT:
      product(
        word(r, 1),
        word(r, 2),
        word(r, 3),
        word(r, 4),
        word(r, 5),
        word(r, 6),
        word(r, 7),
        word(r, 8),
        word(r, 9),
        word(r, 10),
        word(r, 11),
        real(r, 12),
        real(r, 13),
        word(r, 14),
        workspace,
      );
      break;
    case ACTIVATE:
      activate(word(r, 1), word(r, 2), word(r, 3), word(r, 4), word(r, 5), word(r, 6), word(r, 7));
      break;
    case ACTIVATION_GRADIENT:
      activationGradient(word(r, 1), word(r, 2), word(r, 3), word(r, 4), word(r, 5), word(r, 6), word(r, 7));
      break;
    case CROSS_ENTROPY: {
      const sum = crossEntropy(word(r, 1), word(r, 2), word(r, 3), word(r, 4), word(r, 5), word(r, 6), word(r, 7), word(r, 8));
      put(trace, word(r, 9), sum * load<f64>(r, 40));
      break;
    }
    case SQUARED_ERROR: {
      const sum = squaredError(word(r, 1), word(r, 2), word(r, 3), word(r, 4), word(r, 5), word(r, 6), word(r, 7), word(r, 8));
      put(trace, word(r, 9), sum * load<f64>(r, 40));
      break;
    }
    case COUNT_CORRECT:
      put(trace, word(r, 7), <f64>countCorrect(word(r, 1), word(r, 2), word(r, 3), word(r, 4), word(r, 5), word(r, 6)));
      break;
    case DOT: {
      const sum = dot(word(r, 1), word(r, 2), word(r, 3), word(r, 4), word(r, 5), word(r, 6));
      put(trace, word(r, 7), sum * load<f64>(r, 32));
      break;
    }
    case ADD_SCALED:
      addScaled(word(r, 1), word(r, 2), word(r, 3), word(r, 4), word(r, 5), word(r, 6), real(r, 7));
      break;
    case MULTIPLY:
      multiply(word(r, 1), word(r, 2), word(r, 3), word(r, 4), word(r, 5), word(r, 6));
      break;
    case ACTIVATION_CURVATURE:
      activationCurvature(
        word(r, 1),
        word(r, 2),
        word(r, 3),
        word(r, 4),
        word(r, 5),
        word(r, 6),
        word(r, 7),
        word(r, 8),
        word(r, 9),
        word(r, 10),
        word(r, 11),
      );
      break;
    case SOFTMAX_TANGENT:
      softmaxTangent(word(r, 1), word(r, 2), word(r, 3), word(r, 4), word(r, 5), word(r, 6));
      break;
  }
}

// @ts-ignore: decorator
@inline
function put(trace: usize, slot: i32, value: f64): void {
  store<f64>(trace + (<usize>slot << 3), value);
}
