import type { ForecastBoundary, ForecastMemory } from "./forecastResult.js";
import type { ShortRun, ShortRuns } from "./shortRuns.js";

/** `-ln q` grows as `sigma` to this power: 2 for a single mode, less once the fast modes have decayed. */
const POWER = 1.5;
const POWERS = [1, 2] as const;
/** Part of a run from which its end is guessed. */
const PART = 4;
/** Beyond the part, `-ln q` grows with this fraction of its power of time there: the curvature falls with the loss. */
const SLOWING = 0.75;
/** Below this, scatter hides how `-ln q` grows. */
const SOME = 0.02;
/** A memory below this is lost: it scatters about 0. */
const LOST = 0.02;
/** A run whose `-ln q` ends below this has no decay to find. */
const LEAST = 0.05;

export interface DecayOnset {
  readonly boundary: ForecastBoundary | null;
  readonly memories: readonly ForecastMemory[];
}

/**
 * Finds the `sigma` at which the memory at the run's end passes 1/e (theory, section 4). A quarter of a run at the first guess is
 * extrapolated to the end, which gives the next guess; a whole run there corrects it.
 * @param below `sigma` of the next boundary, beyond which nothing decays.
 * @param whole whether to make the whole run; without it the interval is wider.
 */
export async function decayOnset(
  runs: ShortRuns,
  guess: number,
  below: number,
  whole: boolean,
): Promise<DecayOnset> {
  const part = Math.max(2, Math.ceil(runs.whole / PART));
  const first = await runs.at(guess, part);
  const extrapolated = forgottenAt(first, part) * PART ** growth(first, part);
  if (!(extrapolated > LEAST)) return { boundary: null, memories: [] };
  const next = Math.min(guess * extrapolated ** (-1 / POWER), below / 1.1);
  if (!whole) return result(next, 1, POWER, below, 0.4);
  const second = await runs.at(next, runs.whole);
  const forgotten = forgottenAt(second, runs.whole);
  if (!(forgotten > LEAST)) return { boundary: null, memories: [] };
  const power = powerOf(first, second, part);
  return result(next, forgotten, power, below, 0.15 + 0.3 * Math.abs(Math.log(forgotten)));
}

/** @param error relative half width of the interval. */
function result(
  sigma: number,
  forgotten: number,
  power: number,
  below: number,
  error: number,
): DecayOnset {
  const value = sigma * forgotten ** (-1 / power);
  const memories = Array.from({ length: 24 }, (_, i) => {
    const at = value * 10 ** (i / 12 - 1);
    return { sigma: at, memory: Math.exp(-((at / value) ** power)) };
  }).filter((point) => point.sigma < below);
  if (value > below) return { boundary: null, memories };
  return {
    boundary: { value, low: value * Math.exp(-error), high: value * Math.exp(error) },
    memories,
  };
}

/** `-ln q` after so many updates, from the mean memory about then. */
function forgottenAt({ trajectory }: ShortRun, at: number): number {
  const { step, memory } = trajectory.steps;
  let [sum, count] = [0, 0];
  for (let i = 0; i < step.length; i++) {
    if (step[i] < 0.9 * at || step[i] > 1.1 * at) continue;
    sum += memory[i];
    count++;
  }
  return -Math.log(Math.max(sum / count, LOST));
}

/** The power of time with which the forgetting grows beyond `at`, from its second half. */
function growth(run: ShortRun, at: number): number {
  const [half, end] = [forgottenAt(run, at / 2), forgottenAt(run, at)];
  if (!(half > SOME && end > SOME)) return SLOWING;
  return SLOWING * Math.min(1, Math.max(0, Math.log2(end / half)));
}

function powerOf(a: ShortRun, b: ShortRun, at: number): number {
  const ratio = Math.log(b.sigma / a.sigma);
  const [x, y] = [forgottenAt(a, at), forgottenAt(b, at)];
  if (Math.abs(ratio) < 0.2 || !(x > SOME && y > SOME)) return POWER;
  return Math.min(POWERS[1], Math.max(POWERS[0], Math.log(y / x) / ratio));
}
