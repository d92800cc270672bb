import { SIDE } from "../corruptions/image.js";
import { type Attack, rowsOf, type Target } from "./attack.js";
import { inBall } from "./ball.js";
import { margins } from "./margin.js";

/** Part of the image that the first squares cover. */
const FIRST_PART = 0.8;
/** Parts of all queries after which the squares' area halves. */
const HALVED_AFTER = [0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8];
/** Random words of a query: row and column of the square, and its sign. */
const DRAWS = 3;

/**
 * A random search that sees the model's outputs but no gradients: it starts from vertical stripes of +-epsilon, moves a
 * random square by +-epsilon, and keeps what lowers the margin. M. Andriushchenko et al., "Square Attack: a query-efficient
 * black-box adversarial attack via random search", arXiv:1912.00049, with the schedule of its program. It finds what the
 * gradients of a model hide.
 */
export const square: Attack = async (hunt, { epsilon, queries }, { streams, samples }) => {
  const { inputs, outputs: classes } = hunt.session;
  let best = striped(hunt.left, epsilon, streams.words("attack", 1, 0, samples, SIDE));
  let reached = new Float64Array(hunt.left.labels.length).fill(Number.POSITIVE_INFINITY);
  for (let query = 0; query < queries && reached.length > 0; query++) {
    const words = streams.words("attack", 2, query, samples, DRAWS);
    const side = sideAt(query / queries);
    const tried = query === 0 ? best : squared(hunt.left, best, epsilon, side, words);
    const outputs = await hunt.session.logits(tried);
    for (const [i, margin] of margins(outputs, classes, hunt.left.labels).entries()) {
      if (margin >= reached[i]) continue;
      reached[i] = margin;
      best.set(tried.subarray(i * inputs, (i + 1) * inputs), i * inputs);
    }
    const stay = hunt.judge(tried, outputs);
    best = rowsOf(best, stay, inputs);
    reached = Float64Array.from(stay, (i) => reached[i]);
  }
};

/** Images whose columns are moved by +-epsilon. */
function striped({ images, numbers }: Target, epsilon: number, words: Uint32Array): Float32Array {
  return images.map((value, i) => {
    const number = numbers[Math.floor(i / (SIDE * SIDE))];
    return inBall(value, epsilon, value + signed(epsilon, words[number * SIDE + (i % SIDE)]));
  });
}

/** Side of the squares when this part of the queries is over. */
function sideAt(part: number): number {
  const halvings = HALVED_AFTER.filter((after) => part > after).length;
  const side = Math.round(SIDE * Math.sqrt(FIRST_PART / 2 ** halvings));
  return Math.min(Math.max(side, 1), SIDE - 1);
}

/** Images with one random square at the original's +-epsilon. */
function squared(
  { images, numbers }: Target,
  from: Float32Array,
  epsilon: number,
  side: number,
  words: Uint32Array,
): Float32Array {
  const out = from.slice();
  for (const [i, number] of numbers.entries()) {
    const [down, across, word] = words.subarray(number * DRAWS, (number + 1) * DRAWS);
    const [top, left] = [down, across].map((w) => Math.floor((w / 2 ** 32) * (SIDE - side + 1)));
    const change = signed(epsilon, word);
    for (let row = top; row < top + side; row++) {
      const first = (i * SIDE + row) * SIDE;
      for (let at = first + left; at < first + left + side; at++) {
        out[at] = inBall(images[at], epsilon, images[at] + change);
      }
    }
  }
  return out;
}

function signed(epsilon: number, word: number): number {
  return word < 2 ** 31 ? -epsilon : epsilon;
}
