import type { Trajectory } from "../trajectory/trajectory.js";

/**
 * Which curve shows what happens to the noise weights. `effective`: the linear model's `|alpha w2^T W_NI|`. `memory`:
 * what a network's noise weights remember of their start. `loss`: neither, because noise drives no noise weights; the
 * loss alone is judged.
 */
export type PhaseMeasure = "effective" | "memory" | "loss";

/**
 * Typical sizes of a run's initial values. A start that is small by chance is compared with these instead of itself.
 */
export interface PhaseScales {
  /** Which curve of the noise weights is judged. */
  readonly measure: PhaseMeasure;
  /** Root mean square of the curve's initial value over initialisations; 0 if the initial value hardly varies. */
  readonly niw: number;
  /** Mean of the initial training loss over initialisations; 0 if it hardly varies. */
  readonly loss: number;
  /** Loss of the best constant prediction. */
  readonly constantLoss: number;
  /** Number of steps in a running mean of the loss, which averages out the scatter of batches; 1 for full batches. */
  readonly window: number;
  /**
   * Whether each sample keeps its noise values. Each epoch then repeats the kicks of the epoch before. Default false.
   */
  readonly fixed?: boolean;
  /** Noise weights that noise drives; unless given so many that kicks never happen to lie along them. */
  readonly weights?: number;
  /** Part of `|W_NI(0)|^2` in groups of `sigma = 0`, which never move; 0 unless given. */
  readonly still?: number;
  /**
   * Root mean square of the noise in the pre-activations of saturating units, divided by the norm of the noise weights;
   * default 0.
   */
  readonly saturation?: number;
}

/** The numbers that decide a phase. */
export interface PhaseNumbers {
  /** Whether the loss and the noise weights stayed finite. */
  readonly finite: boolean;
  /** Batch loss before the first update. */
  readonly lossStart: number;
  /** Largest loss: the larger of the first one and the maximum of the running mean. */
  readonly lossMax: number;
  /** Last value of the loss' running mean. */
  readonly lossEnd: number;
  /**
   * Initial value of the judged curve: the linear model's effective noise weight, or the norm of those of a network's
   * weights that noise drives.
   */
  readonly niwStart: number;
  /** The largest value. */
  readonly niwMax: number;
  /** The value that stands out most from what kicks explain; `niwMax` where there are none. */
  readonly niwPeak: number;
  /** With small batches the median over the last tenth of the run. */
  readonly niwEnd: number;
  /**
   * `<W_NI, W_NI(0)> / |W_NI(0)|^2` at the end. For small batches, its median over the last tenth of the run. NaN if it
   * was not recorded.
   */
  readonly memoryEnd: number;
  /**
   * The overshoot that diffusion alone explains by the time of `niwPeak`: `sqrt(1 + s + 2 sqrt(s / n))` with
   * `s = sum of kick^2 / |W_NI(0)|^2` over the steps before it (theory, section 2), of fixed noise over those of the first epoch. The
   * last term is one standard deviation of how far kicks in random directions lie along n noise weights (derived). 1 where
   * kicks were not recorded.
   */
  readonly kickOvershoot: number;
}

/** Values for a run by the linear model's recursion, which records neither memory nor kicks. */
export const WITHOUT_MEMORY: Pick<PhaseNumbers, "memoryEnd" | "kickOvershoot"> = {
  memoryEnd: Number.NaN,
  kickOvershoot: 1,
};

/** Reads the deciding numbers from a trajectory. */
export function phaseNumbers(trajectory: Trajectory, scales: PhaseScales): PhaseNumbers {
  const { steps, evaluations } = trajectory;
  const { measure, window } = scales;
  const loss = runningMean(steps.loss, window);
  const [niw, after] =
    measure === "effective"
      ? [steps.effectiveNiw, evaluations.effectiveNiw]
      : [driven(steps, scales).niwNorm, driven(evaluations, scales).niwNorm];
  const last = after[after.length - 1];
  const peak = peakOf(trajectory, scales, niw);
  const end = (values: Float64Array, lastOne: number) =>
    window === 1 ? lastOne : settled(steps.step, values, lastOne);
  return {
    finite:
      steps.loss.every(Number.isFinite) &&
      steps.niwNorm.every(Number.isFinite) &&
      Number.isFinite(last),
    lossStart: steps.loss[0],
    // The running mean may miss the first loss, which is the largest in most runs.
    lossMax: Math.max(steps.loss[0], highest(loss)),
    lossEnd: loss[loss.length - 1],
    niwStart: niw[0],
    niwMax: Math.max(highest(niw), last),
    niwPeak: peak.niw,
    niwEnd: end(niw, last),
    memoryEnd: memoryEnd(trajectory, scales, end),
    kickOvershoot: peak.kickOvershoot,
  };
}

function memoryEnd(
  { steps, evaluations }: Trajectory,
  scales: PhaseScales,
  end: (values: Float64Array, last: number) => number,
): number {
  if (steps.memory.length === 0) return Number.NaN;
  const after = driven(evaluations, scales).memory;
  return end(driven(steps, scales).memory, after[after.length - 1]);
}

/**
 * Norm and memory of the weights that noise drives. The other weights stay constant and would hide how these change.
 */
function driven<C extends { readonly niwNorm: Float64Array; readonly memory: Float64Array }>(
  columns: C,
  { still = 0 }: PhaseScales,
): Pick<C, "niwNorm" | "memory"> {
  if (still === 0) return columns;
  const start = columns.niwNorm[0] ** 2;
  return {
    niwNorm: columns.niwNorm.map((norm) => Math.sqrt(Math.max(0, norm ** 2 - still * start))),
    memory: columns.memory.map((memory) => (memory - still) / (1 - still)),
  };
}

interface Peak {
  readonly niw: number;
  readonly kickOvershoot: number;
}

/** An overshoot counts beyond this ratio, and beyond what kicks explain by then. */
export const NIW_OVERSHOOT = { effective: 2, memory: 1.1 } as const;

/** Where the noise weights stand out most from the kicks made so far: a late maximum may hide an early overshoot. */
function peakOf(
  { steps, evaluations }: Trajectory,
  { fixed, weights = Number.POSITIVE_INFINITY }: PhaseScales,
  niw: Float64Array,
): Peak {
  const { step, kick } = steps;
  if (kick.length === 0) return { niw: highest(niw), kickOvershoot: 1 };
  const end = evaluations.step.length - 1;
  const epoch = evaluations.step[end] / evaluations.epoch[end];
  let most = Number.NEGATIVE_INFINITY;
  let peak: Peak = { niw: niw[0], kickOvershoot: 1 };
  let square = 0;
  for (let i = 0; i < niw.length; i++) {
    // Between recorded steps a kick is taken to be what it last was.
    if (i > 0 && !(fixed && step[i - 1] >= epoch)) {
      square += kick[i - 1] ** 2 * (step[i] - step[i - 1]);
    }
    const kicked = square / niw[0] ** 2;
    const kickOvershoot = Math.sqrt(1 + kicked + 2 * Math.sqrt(kicked / weights));
    const standsOut =
      Math.log(niw[i] / niw[0]) / Math.log(Math.max(NIW_OVERSHOOT.memory, kickOvershoot));
    if (standsOut > most) {
      most = standsOut;
      peak = { niw: niw[i], kickOvershoot };
    }
  }
  return peak;
}

/**
 * The final value of noise weights that scatter with small batches: the median over the last tenth of the run. The very
 * last value may be off by a factor of two.
 */
function settled(step: Float64Array, values: Float64Array, last: number): number {
  const from = 0.9 * step[step.length - 1];
  const late = [...values.filter((_, i) => step[i] >= from), last].sort((a, b) => a - b);
  return late[late.length >> 1];
}

/** The largest value, ignoring NaN, in which a run may end. */
function highest(values: Float64Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > most) most = value;
  return most;
}

/** Means over `window` neighbouring values. The result is shorter than `values` by `window - 1`, but never empty. */
function runningMean(values: Float64Array, window: number): Float64Array {
  const width = Math.max(1, Math.min(window, values.length));
  return Float64Array.from({ length: values.length - width + 1 }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < width; k++) sum += values[i + k];
    return sum / width;
  });
}
