import type { Trajectory } from "../trajectory/trajectory.js";
import type { Phase } from "./phase.js";

/**
 * Which curve tells the noise weights' fate: the linear model's `|alpha w2^T W_NI|`, or the norm. With `loss` none does: no
 * noise weights are driven by noise, and the loss alone is judged.
 */
export type PhaseMeasure = "effective" | "norm" | "loss";

/** What a start is measured against, so that a small value by chance is not taken for a beginning. */
export interface PhaseScales {
  /** Which curve is read. */
  readonly measure: PhaseMeasure;
  /** Root mean square of the measure's start over initialisations; 0 where the start is sharp. */
  readonly niw: number;
  /** Mean of the training loss' start over initialisations; 0 where it is sharp. */
  readonly loss: number;
  /** Loss of the best constant prediction. */
  readonly constantLoss: number;
  /** Steps that a running mean of the loss takes in, to outlive the scatter of batches; 1 for full batches. */
  readonly window: number;
}

/** A phase, and the numbers that decided it. */
export interface Evidence {
  /** The phase that these numbers decide. */
  readonly phase: Phase;
  /** One sentence. */
  readonly reason: string;
  /** Which curve of the noise weights was read: see `PhaseScales`. */
  readonly measure: PhaseMeasure;
  /** Whether every recorded number is finite. */
  readonly finite: boolean;
  /** Training loss at the first step, noise included. */
  readonly lossStart: number;
  /** Largest training loss, as a running mean over `window` steps. */
  readonly lossMax: number;
  /** Training loss of the last step, as a running mean over `window` steps. */
  readonly lossEnd: number;
  /** `lossMax` over the larger of the start and its scale. */
  readonly lossOvershoot: number;
  /** The measure at the start. */
  readonly niwStart: number;
  /** Largest value of the measure. */
  readonly niwMax: number;
  /** With small batches the median over the last tenth of the run. */
  readonly niwEnd: number;
  /** `niwMax` over the larger of the start and its scale; NaN where the loss alone is judged. */
  readonly niwOvershoot: number;
  /**
   * `ln(max / end)` of the noise weights: a start near zero by chance first grows to where it can fall from.
   * NaN where the loss alone is judged.
   */
  readonly niwFall: number;
  /**
   * Distance of the nearest deciding ratio from its threshold, on a logarithmic scale whose unit is the distance
   * of that threshold from no change at all.
   */
  readonly margin: number;
  /** The phase on the other side of that threshold, if it is near (`margin` below 0.2). */
  readonly closeTo: Phase | null;
}

/** A peak counts as an overshoot beyond these ratios. */
export const LOSS_OVERSHOOT = 2;
export const NIW_OVERSHOOT = { effective: 2, norm: 1.1 } as const;
/** The noise weights have decayed when they have fallen by this power of e. */
export const DECAY = 1;
/** A loss that ends above this part of the best constant prediction's has learnt nothing. */
const LEARNT_NOTHING = 0.95;

const LOSS_ALONE = "judged by the loss alone: no noise weights are driven by noise";

/** Which of the four phases a trajectory shows (theory, section 4), with its evidence. */
export function classify(trajectory: Trajectory, scales: PhaseScales): Evidence {
  return judge(measured(trajectory, scales), scales);
}

/** The numbers that decide a phase, however they were come by. */
export type Measured = Pick<
  Evidence,
  "finite" | "lossStart" | "lossMax" | "lossEnd" | "niwStart" | "niwMax" | "niwEnd"
>;

function measured({ steps, evaluations }: Trajectory, { measure, window }: PhaseScales): Measured {
  const loss = runningMean(steps.loss, window);
  const niw = measure === "effective" ? steps.effectiveNiw : steps.niwNorm;
  const after = measure === "effective" ? evaluations.effectiveNiw : evaluations.niwNorm;
  const last = after[after.length - 1];
  const lossEnd = loss[loss.length - 1];
  return {
    finite:
      steps.loss.every(Number.isFinite) &&
      steps.niwNorm.every(Number.isFinite) &&
      Number.isFinite(last),
    lossStart: steps.loss[0],
    // A running mean may miss the start, which is the largest of most runs.
    lossMax: Math.max(steps.loss[0], largest(loss)),
    lossEnd,
    niwStart: niw[0],
    niwMax: Math.max(largest(niw), last),
    niwEnd: window === 1 ? last : settled(steps.step, niw, last),
  };
}

/**
 * Where noise weights that small batches kick about have come to: the median over the last tenth of the run. Its
 * very last value may be a kick of a factor of two.
 */
function settled(step: Float64Array, niw: Float64Array, last: number): number {
  const from = 0.9 * step[step.length - 1];
  const late = [...niw.filter((_, i) => step[i] >= from), last].sort((a, b) => a - b);
  return late[late.length >> 1];
}

/** The verdict over the deciding numbers. */
export function judge(numbers: Measured, scales: PhaseScales): Evidence {
  const { measure, constantLoss } = scales;
  const lossFrom = Math.max(numbers.lossStart, scales.loss);
  const niwFrom = Math.max(numbers.niwStart, scales.niw);
  const lossOvershoot = numbers.lossMax / lossFrom;
  const alone = measure === "loss";
  const niwOvershoot = alone ? Number.NaN : numbers.niwMax / niwFrom;
  const niwFall = alone ? Number.NaN : Math.log(numbers.niwMax / numbers.niwEnd);
  const evidence = (phase: Phase, reason: string, ratios: [number, Phase][]): Evidence => {
    const [margin, other] = ratios.reduce((a, b) => (Math.abs(b[0]) < Math.abs(a[0]) ? b : a), [
      Number.POSITIVE_INFINITY,
      phase,
    ] as [number, Phase]);
    return {
      phase,
      reason: alone ? `${reason}; ${LOSS_ALONE}` : reason,
      measure,
      ...numbers,
      lossOvershoot,
      niwOvershoot,
      niwFall,
      margin: Math.abs(margin),
      closeTo: Math.abs(margin) < 0.2 ? other : null,
    };
  };

  if (!numbers.finite) return evidence("divergent", "a number left the finite range", []);
  const lossPeak = Math.log(lossOvershoot) / Math.log(LOSS_OVERSHOOT) - 1;
  const niwPeak = alone
    ? Number.NEGATIVE_INFINITY
    : Math.log(niwOvershoot) / Math.log(NIW_OVERSHOOT[measure]) - 1;
  const peak = Math.max(lossPeak, niwPeak);
  const below = niwFall > DECAY ? "decay" : "decoupled";
  const learnt = Math.log(numbers.lossEnd / Math.min(lossFrom, LEARNT_NOTHING * constantLoss));
  if (peak > 0) {
    if (learnt > 0) {
      return evidence(
        "divergent",
        "the loss rose and has not come down below its start and a constant prediction's",
        [
          [learnt, "catapult"],
          [peak, below],
        ],
      );
    }
    // Whatever overshot has to be back below where it began.
    const above = niwPeak > 0 ? Math.log(numbers.niwEnd / niwFrom) : Number.NEGATIVE_INFINITY;
    const ratios: [number, Phase][] = [
      [learnt, "divergent"],
      [peak, below],
    ];
    return above > 0
      ? evidence(
          "unclassified",
          "the noise weights grew and have not returned, while the loss fell",
          [[above, "catapult"], ...ratios],
        )
      : evidence(
          "catapult",
          "the loss or the noise weights overshot their start and came back below it",
          ratios,
        );
  }
  if (alone) return evidence("decoupled", "the loss did not overshoot", [[peak, "catapult"]]);
  const fell = niwFall / DECAY - 1;
  return fell > 0
    ? evidence("decay", "no overshoot, and the noise weights fell by more than a factor e", [
        [fell, "decoupled"],
        [peak, "catapult"],
      ])
    : evidence("decoupled", "no overshoot, and the noise weights fell by less than a factor e", [
        [fell, "decay"],
        [peak, "catapult"],
      ]);
}

function largest(values: ArrayLike<number>): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) if (values[i] > max) max = values[i];
  return max;
}

/** Means over `window` neighbours; shorter than `values` by `window - 1`, but never empty. */
function runningMean(values: Float64Array, window: number): Float64Array {
  const width = Math.max(1, Math.min(window, values.length));
  return Float64Array.from({ length: values.length - width + 1 }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < width; k++) sum += values[i + k];
    return sum / width;
  });
}
