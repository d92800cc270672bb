import { estimate } from "../analysis/estimate.js";
import type { LinearExpectation } from "../linear/linearExpectation.js";
import type { DivergentBracket } from "./divergentBracket.js";
import type { Prediction } from "./predict.js";
import type { PredictionWithError } from "./probeResult.js";

type Numbers = Omit<Prediction, "modes">;

/** Half the difference of two halves is the standard error of their mean. */
export function withError(
  { modes, ...whole }: Prediction,
  [a, b]: readonly Numbers[],
  bracket: DivergentBracket | null,
): PredictionWithError {
  const of = (key: keyof Numbers) => {
    const value = whole[key];
    const halves = [a[key], b[key]];
    if (value === null) return null;
    const error = halves.every((x) => x !== null) ? estimate(halves as number[]).error : Number.NaN;
    return { value, error };
  };
  const numbers = Object.fromEntries(
    (Object.keys(whole) as (keyof Numbers)[]).map((key) => [key, of(key)]),
  ) as Record<keyof Numbers, ReturnType<typeof of>>;
  return { ...numbers, modes, divergent: bracket && middleOf(bracket) };
}

/** The linear model's boundaries and time are known without measuring, but for what a batch's noise scatters by. */
export function linearWithError(
  prediction: PredictionWithError,
  { boundaries, scatter, niwTime }: LinearExpectation,
): PredictionWithError {
  const scattered = (value: number) => ({ value, error: scatter * value });
  return {
    ...prediction,
    niwTime,
    decay: { value: boundaries.decay, error: 0 },
    catapult: scattered(boundaries.catapult),
    divergent: scattered(boundaries.divergent),
  };
}

/** A boundary that is anywhere in its bracket with the same probability. */
function middleOf({ below, above }: DivergentBracket) {
  if (below === null || above === null) return null;
  return { value: Math.sqrt(below * above), error: (above - below) / Math.sqrt(12) };
}
