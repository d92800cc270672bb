import { referenceMachine } from "../../../ts/backend/reference.js";
import { type Replay, type ReplayResult, replayOn } from "../../../ts/check/replay.js";
import { perturbed } from "../../../ts/check/verify/perturbed.js";
import { gamma } from "../../../ts/check/verify/roundings.js";

/** Every number that a replay leaves behind, by name. */
export function seriesOf(result: ReplayResult): Map<string, Float64Array> {
  const { loss, niwNorm, memory, unperturbedLoss, parameters } = result;
  return new Map([
    ["loss", loss],
    ["niwNorm", niwNorm],
    ["memory", memory],
    ["unperturbedLoss", unperturbedLoss],
    ["V", parameters.niw[0]],
    ...parameters.weights.map((w, l) => [`W_${l}`, w] as const),
    ...parameters.biases.map((b, l) => [`b_${l}`, b] as const),
  ]);
}

/** Runs whose spread is measured, and how far beyond their largest deviation a machine may go. */
const RUNS = 6;
const RESERVE = 3;

/**
 * How far a float32 machine may be from the exact run, for each number.
 *
 * A sum of n products, in whatever order, fused or not, is the exact sum of products whose factors were changed by at
 * most `gamma_n = n u / (1 - n u)`, relatively (Higham, *Accuracy and Stability of Numerical Algorithms*, chapter 3).
 * So a float32 step is the exact step of a network whose parameters were changed by at most `gamma_n` before it, n
 * being the longest sum of the network and 6 more for scaling, activations and storing. What that does to a whole run
 * depends on the run: a catapult multiplies it. It is measured: exact runs whose parameters are changed before
 * every step by random relative amounts of that size spread so far; their largest deviation up to each step (for
 * parameters: in each array), three times that, plus `gamma_n` of the number itself, is the bound. Real roundings are of both signs
 * and smaller than their bound, which leaves room of about the square root of n.
 */
export async function roundingBounds(given: Replay): Promise<Map<string, Float64Array>> {
  const { network, batch, trainRows } = given.plan;
  const longest = Math.max(...network.widths, batch) + network.noise[0].nodes + 1;
  const exact = seriesOf(await replayOn(referenceMachine(), given));
  const spread = new Map(
    [...exact].map(([name, values]) => [name, new Float64Array(values.length)]),
  );
  for (let seed = 1; seed <= RUNS; seed++) {
    const changed = seriesOf(
      await replayOn(perturbed(referenceMachine(), gamma(longest + 6), seed), given),
    );
    for (const [name, values] of exact) {
      const most = spread.get(name)!;
      values.forEach((value, i) => {
        most[i] = Math.max(most[i], Math.abs(changed.get(name)![i] - value) || 0);
      });
    }
  }
  for (const [name, values] of exact) {
    const bound = spread.get(name)!;
    const inTime = ["loss", "niwNorm", "memory", "unperturbedLoss"].includes(name);
    const whole = bound.reduce((a, b) => Math.max(a, b), 0);
    let soFar = 0;
    values.forEach((value, i) => {
      soFar = Math.max(soFar, bound[i]);
      const own = gamma(Math.max(longest, trainRows)) * Math.abs(value);
      bound[i] = RESERVE * (inTime ? soFar : whole) + own + 1e-30;
    });
  }
  return spread;
}
