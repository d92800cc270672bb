import { PATIENCE } from "./rounds.mjs";

/** Half the distance between neighbouring float32 numbers at 1. */
const UNIT = 2 ** -24;

/**
 * How far apart the losses of two implementations may lie, relative to the loss, that make the same steps in
 * float32: each of a step's products forward and backward (two a layer) rounds sums of up to `longest` terms,
 * whose errors add up like a random walk, and each step starts from the errors of those before it.
 */
export function lossBound(steps, layers, longest) {
  return steps * 2 * layers * Math.sqrt(longest) * UNIT;
}

/**
 * Has every side make the first steps from the same start, and compares its losses with ours.
 * @returns for each side `{ error, agrees }`: the largest relative difference; null of one that failed.
 */
export async function compareLosses(sides, steps, bound) {
  const made = [];
  for (const entry of sides) made.push(await lossesOf(entry, steps(entry)));
  const [ours] = made;
  return made.map((losses) => {
    if (!losses || !ours) return null;
    const error = Math.max(...losses.map((loss, i) => Math.abs(loss / ours[i % ours.length] - 1)));
    return { error, bound, steps: losses.length, agrees: error <= bound };
  });
}

async function lossesOf(entry, steps) {
  if (entry.failed) return null;
  try {
    return (await entry.side.request({ losses: steps }, PATIENCE)).losses;
  } catch (error) {
    entry.failed = error.message;
    return null;
  }
}
