import * as v from "valibot";
import { InputError, RunError, shown } from "../errors/errors.js";
import { parseWith } from "../schema/parseWith.js";
import { real } from "../schema/takes.js";

/** How to search for the critical step. */
export interface CriticalSharpnessOptions {
  /** First step that is tried; default 1. A close one saves passes: the critical step of the last measurement, for instance. */
  readonly guess?: number;
  /** The bracket of the critical step ends at most this much, relatively, above its start; default 0.1. */
  readonly tolerance?: number;
  /** The loss at step 0, which training usually knows; default: one more pass computes it. */
  readonly start?: number;
  /**
   * Rounding of the loss, relative to the loss at step 0: smaller changes count as none. Default 2^-22, four roundings of
   * float32; 0 takes every change for real.
   */
  readonly rounding?: number;
}

/** The curvature of the loss along an update, read from where the loss begins to rise. */
export interface CriticalSharpness {
  /**
   * The critical sharpness `2 / eta_c`, in units of 1 over the step's. For a quadratic loss and an update along the gradient g it is
   * `g.Hg / g.g`. Null if no step in the range that was searched is the first to raise the loss.
   */
  readonly value: number | null;
  /** `2 / eta_c` for the upper end of the bracket of `eta_c`. The true value lies between `low` and `high`; null with `value`. */
  readonly low: number | null;
  /** `2 / eta_c` for the lower end of the bracket; null with `value`. */
  readonly high: number | null;
  /** The critical step `eta_c`: the geometric middle of its bracket; null with `value`. */
  readonly step: number | null;
  /** Losses that were computed, each one forward pass. */
  readonly passes: number;
  /** Why there is no value; null if there is one. */
  readonly reason: string | null;
}

const schema = v.strictObject({
  guess: v.optional(real(0, { exclusive: true }), 1),
  tolerance: v.optional(real(0, { exclusive: true, max: 1 }), 0.1),
  start: v.optional(v.pipe(v.number("takes a finite loss"), v.finite("takes a finite loss"))),
  rounding: v.optional(real(0, { max: 0.1 }), 2 ** -22),
});

/** Factors of two that the search goes below and above the first guess. */
const DOUBLINGS = 30;
/** Finer brackets than this are a matter of rounding. */
const FINEST = 1e-12;

/**
 * The critical sharpness `2 / eta_c`: `eta_c` is the smallest step along an update that raises the loss (Kalra et al.,
 * arXiv:2601.16979). It needs no gradients, only losses: 5 or 6 from a good guess. From the guess on it doubles or halves the step
 * until one of two neighbours raises the loss, and then bisects on a logarithmic scale. If the loss rises, falls and rises again
 * along the update, it may find a later rise than the first. It knows nothing of noise or of a schedule of `sigma`: a `lossAt` with
 * noise injected takes the same draw and the `sigma` of this step at every call. A loss that is not finite counts as raised.
 * @param lossAt the loss after a step of this length along the update: at `theta - step * gradient` for gradient descent.
 * @throws InputError for an option that it does not take, or a loss that is not a number; RunError if the loss at step 0 is not
 * finite.
 */
export async function criticalSharpness(
  lossAt: (step: number) => number | Promise<number>,
  options: CriticalSharpnessOptions = {},
): Promise<CriticalSharpness> {
  if (typeof lossAt !== "function") {
    throw new InputError("lossAt", `lossAt is ${shown(lossAt)}: takes a function of the step`);
  }
  const { guess, tolerance, start, rounding } = parseWith(schema, options, "the search's options");
  let passes = 0;
  const loss = async (step: number): Promise<number> => {
    passes++;
    const found = await lossAt(step);
    if (typeof found === "number") return found;
    throw new InputError("lossAt", `lossAt(${step}) returned ${shown(found)}: takes a number`);
  };
  const atStart = start ?? (await loss(0));
  if (!Number.isFinite(atStart)) {
    throw new RunError(
      `the loss at step 0 is ${atStart}: there is no loss that a step could raise`,
    );
  }
  const slack = rounding * Math.abs(atStart);
  const changeAt = async (step: number) => changeOf((await loss(step)) - atStart, slack);
  const bracket = await bracketOf(changeAt, guess);
  if ("reason" in bracket) {
    return { value: null, low: null, high: null, step: null, passes, reason: bracket.reason };
  }
  let { low, high } = bracket;
  while (high > low * (1 + Math.max(tolerance, FINEST))) {
    const middle = Math.sqrt(low * high);
    if ((await changeAt(middle)) === "rises") high = middle;
    else low = middle;
  }
  const step = Math.sqrt(low * high);
  return { value: 2 / step, low: 2 / high, high: 2 / low, step, passes, reason: null };
}

type Change = "falls" | "same" | "rises";

/** NaN and infinite losses are raised ones. */
function changeOf(difference: number, slack: number): Change {
  if (!(difference <= slack)) return "rises";
  return difference < -slack ? "falls" : "same";
}

/** Two neighbouring powers of two times the guess: the larger one raises the loss, the smaller one does not. Otherwise, why there are none. */
async function bracketOf(
  changeAt: (step: number) => Promise<Change>,
  guess: number,
): Promise<{ readonly low: number; readonly high: number } | { readonly reason: string }> {
  let step = guess;
  let change = await changeAt(step);
  if (change !== "rises") {
    for (let k = 0; k < DOUBLINGS; k++) {
      step *= 2;
      if ((await changeAt(step)) === "rises") return { low: step / 2, high: step };
    }
    return { reason: `no step up to ${step} raises the loss, by more than rounding` };
  }
  for (let k = 0; k < DOUBLINGS && change === "rises"; k++) {
    step /= 2;
    change = await changeAt(step);
    if (change === "falls") return { low: step, high: 2 * step };
  }
  // A step whose change is lost in rounding tells nothing, so it is no lower end of a bracket.
  const smallest = change === "same" ? 2 * step : step;
  return {
    reason: `even the smallest step that tells, ${smallest}, raises the loss: the update does not lower it`,
  };
}
