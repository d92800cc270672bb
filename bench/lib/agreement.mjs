import { PATIENCE } from "./rounds.mjs";

/** Half the distance between neighbouring float32 numbers at 1. */
const UNIT = 2 ** -24;

/**
 * The largest relative difference allowed between the losses of two implementations that make the same steps in float32.
 * Each of a step's products forward and backward (two a layer) rounds sums of up to `longest` terms, whose errors add up
 * like a random walk. Each step starts from the errors of the steps before it.
 */
export function lossBound(steps, layers, longest) {
  return steps * 2 * layers * Math.sqrt(longest) * UNIT;
}

/**
 * Lets every contestant make the first steps from the same start, and compares its losses with ours.
 * @returns for each contestant `{ error, agrees }`, where `error` is the largest relative difference; null if it failed.
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
