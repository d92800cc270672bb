import type { Trajectory } from "../trajectory/trajectory.js";
import type { Phase } from "./phase.js";
import {
  NIW_OVERSHOOT,
  type PhaseMeasure,
  type PhaseNumbers,
  type PhaseScales,
  phaseNumbers,
} from "./phaseNumbers.js";

/** A phase, and the numbers that decided it. */
export interface Evidence extends PhaseNumbers {
  /** The phase. */
  readonly phase: Phase;
  /** One sentence with the number that decided. */
  readonly reason: string;
  /** Which curve of the noise weights was judged: see `PhaseScales`. */
  readonly measure: PhaseMeasure;
  /** `lossMax` divided by the larger of `lossStart` and the scale of the initial loss. */
  readonly lossOvershoot: number;
  /**
   * `niwMax` divided by the larger of `niwStart` and the scale of the initial noise weights; NaN if the loss alone is
   * judged.
   */
  readonly niwOvershoot: number;
  /**
   * `ln(niwMax / niwEnd)`. It is measured from the maximum because noise weights that start close to zero by chance
   * first grow. NaN if the loss alone is judged.
   */
  readonly niwFall: number;
  /**
   * `|W_NI|^2 - q^2 |W_NI(0)|^2` at the end, with the memory q: the part of the noise weights that is orthogonal to
   * their start. NaN if memory is not judged.
   */
  readonly acrossStart: number;
  /** Root mean square of the noise in the pre-activations of saturating units at the end; 0 if no units saturate. */
  readonly saturationEnd: number;
  /**
   * Distance of the ratio that is closest to its threshold, on a logarithmic scale. Its unit is the distance of that
   * threshold from a ratio of 1, which means no change.
   */
  readonly margin: number;
  /** The phase on the other side of that threshold if `margin` is below 0.2; otherwise null. */
  readonly closeTo: Phase | null;
}

/** A peak of the loss counts as an overshoot beyond this ratio. */
export const LOSS_OVERSHOOT = 2;
/** The linear model's noise weight has decayed when it has fallen by this power of e; memory, when it is so much below 1. */
export const DECAY = 1;
/** A loss that ends above this fraction of the best constant prediction's loss has learnt nothing. */
const LEARNT_NOTHING = 0.95;
/** Noise of this root mean square saturates units such as tanh, which bends within 1 of 0. */
const SATURATING = 1;
/** Memory below this is lost. It then scatters about 0 with either sign. */
const LOST = 1e-3;

/** Finds which of the four phases a trajectory shows (theory, section 4), with the evidence. */
export function classify(trajectory: Trajectory, scales: PhaseScales): Evidence {
  return judge(phaseNumbers(trajectory, scales), scales);
}

interface Verdict {
  readonly phase: Phase;
  /** Written only where it is read: grids judge thousands of runs by their phase alone. */
  readonly reason: () => string;
  /** For each deciding number, how far it is beyond its threshold, and the phase on the other side. */
  readonly ratios: readonly (readonly [number, Phase])[];
}

/** Decides the phase from the deciding numbers. */
export function judge(numbers: PhaseNumbers, scales: PhaseScales): Evidence {
  const { measure } = scales;
  const judged = judgedOf(numbers, scales);
  const found = verdict(judged, scales);
  const [margin, other] = found.ratios.reduce((a, b) => (Math.abs(b[0]) < Math.abs(a[0]) ? b : a), [
    Number.POSITIVE_INFINITY,
    found.phase,
  ] as const);
  const reason = found.reason();
  return {
    phase: found.phase,
    reason:
      measure === "loss"
        ? `${reason}; judged by the loss alone, because noise drives no noise weights`
        : reason,
    measure,
    ...judged,
    margin: Math.abs(margin),
    closeTo: Math.abs(margin) < 0.2 ? other : null,
  };
}

/** The phase that `judge` decides, without its evidence. */
export function phaseOf(numbers: PhaseNumbers, scales: PhaseScales): Phase {
  return verdict(judgedOf(numbers, scales), scales).phase;
}

function judgedOf(numbers: PhaseNumbers, scales: PhaseScales): Judged {
  const { measure } = scales;
  const isAlone = measure === "loss";
  const judgesMemory = measure === "memory";
  const niwFrom = Math.max(numbers.niwStart, scales.niw);
  const { finite, lossStart, lossMax, lossEnd, niwStart, niwMax, niwPeak, niwEnd } = numbers;
  const { memoryEnd, kickOvershoot } = numbers;
  // Named one by one: a spread takes ten times as long, and grids judge thousands of runs.
  return {
    finite,
    lossStart,
    lossMax,
    lossEnd,
    niwStart,
    niwMax,
    niwPeak,
    niwEnd,
    memoryEnd,
    kickOvershoot,
    lossOvershoot: numbers.lossMax / Math.max(numbers.lossStart, scales.loss),
    niwOvershoot: isAlone ? Number.NaN : numbers.niwPeak / niwFrom,
    niwFall: isAlone ? Number.NaN : Math.log(numbers.niwMax / numbers.niwEnd),
    acrossStart: judgesMemory
      ? numbers.niwEnd ** 2 - (numbers.memoryEnd * numbers.niwStart) ** 2
      : Number.NaN,
    saturationEnd: (scales.saturation ?? 0) * numbers.niwEnd,
  };
}

type Judged = Omit<Evidence, "phase" | "reason" | "measure" | "margin" | "closeTo">;

function verdict(numbers: Judged, scales: PhaseScales): Verdict {
  const { measure, constantLoss } = scales;
  if (!numbers.finite) {
    return { phase: "divergent", reason: () => "a number left the finite range", ratios: [] };
  }
  const lossPeak = lossPeakOf(numbers);
  const niwPeak = niwPeakOf(numbers, measure);
  const peak = Math.max(lossPeak, niwPeak);
  const fell = fallOf(numbers, measure);
  const below = fell > 0 ? "decay" : "decoupled";
  const lossFrom = Math.max(numbers.lossStart, scales.loss);
  const learnt = Math.log(numbers.lossEnd / Math.min(lossFrom, LEARNT_NOTHING * constantLoss));
  const beyond: Verdict["ratios"] = [
    [learnt, "divergent"],
    [peak, below],
  ];
  const grown = measure === "memory" && numbers.niwOvershoot > NIW_OVERSHOOT.memory;
  if ((peak > 0 || grown) && learnt > 0) {
    const reason = () =>
      `the loss or the noise weights rose, and the loss ends at ${short(numbers.lossEnd)}, not below its start and the loss of a constant prediction`;
    return {
      phase: "divergent",
      reason,
      ratios: [
        [learnt, "catapult"],
        [peak, below],
      ],
    };
  }
  const above = Math.log(numbers.niwEnd / Math.max(numbers.niwStart, scales.niw));
  if (niwPeak > 0 && above > 0 && (measure === "effective" || lossPeak <= 0)) {
    return {
      phase: "unclassified",
      reason: () => whyGrown(numbers, scales, fell),
      ratios: [[above, "catapult"], ...beyond],
    };
  }
  if (peak > 0)
    return { phase: "catapult", reason: () => overshot(numbers, lossPeak), ratios: beyond };
  if (measure === "loss") {
    return {
      phase: "decoupled",
      reason: () => "the loss did not overshoot",
      ratios: [[peak, "catapult"]],
    };
  }
  return measure === "effective"
    ? byFall(fell, peak)
    : byMemory(numbers, scales, fell, peak, above);
}

/** How far beyond what counts as an overshoot the loss or the noise weights of a run rose, on a logarithmic scale; above 0: they did. */
export function overshootOf(evidence: Evidence): number {
  if (!evidence.finite) return Number.POSITIVE_INFINITY;
  return Math.max(lossPeakOf(evidence), niwPeakOf(evidence, evidence.measure));
}

function lossPeakOf({ lossOvershoot }: Judged): number {
  return Math.log(lossOvershoot) / Math.log(LOSS_OVERSHOOT) - 1;
}

/**
 * How far the noise weights' peak exceeds the overshoot that counts. For a network that is at least the overshoot of
 * diffusion alone.
 */
function niwPeakOf({ niwOvershoot, kickOvershoot }: Judged, measure: PhaseMeasure): number {
  if (measure === "loss") return Number.NEGATIVE_INFINITY;
  const least = NIW_OVERSHOOT[measure];
  const counts = measure === "memory" ? Math.max(least, kickOvershoot) : least;
  return Math.log(niwOvershoot) / Math.log(counts) - 1;
}

/** How far the noise weights, or their memory, have fallen beyond a factor e. */
function fallOf({ niwFall, memoryEnd }: Judged, measure: PhaseMeasure): number {
  const fall = measure === "memory" ? -Math.log(Math.max(memoryEnd, LOST)) : niwFall;
  return fall / DECAY - 1;
}

function byFall(fell: number, peak: number): Verdict {
  return fell > 0
    ? {
        phase: "decay",
        reason: () => "no overshoot, and the noise weights fell by more than a factor e",
        ratios: [
          [fell, "decoupled"],
          [peak, "catapult"],
        ],
      }
    : {
        phase: "decoupled",
        reason: () => "no overshoot, and the noise weights fell by less than a factor e",
        ratios: [
          [fell, "decay"],
          [peak, "catapult"],
        ],
      };
}

function byMemory(
  numbers: Judged,
  { saturation = 0 }: PhaseScales,
  fell: number,
  peak: number,
  above: number,
): Verdict {
  const { memoryEnd, niwOvershoot, kickOvershoot, saturationEnd } = numbers;
  const quiet =
    niwOvershoot > NIW_OVERSHOOT.memory
      ? `the noise weights' norm rose to ${short(niwOvershoot)} of its start, no more than the ${short(kickOvershoot)} that batches' kicks alone explain`
      : "no overshoot";
  const remembered = `the noise weights' memory of their start ends at ${short(memoryEnd)}`;
  if (fell > 0) {
    if (above > 0 && saturation > 0) {
      return {
        phase: "unclassified",
        reason: () =>
          `the noise weights diffused outward: ${remembered}, and their norm above its start; ${quiet}`,
        ratios: [
          [above, "decay"],
          [peak, "catapult"],
        ],
      };
    }
    return {
      phase: "decay",
      reason: () =>
        above > 0
          ? `${quiet}, and ${remembered}, below 1/e; batches' kicks hold their norm at ${short(numbers.niwEnd / numbers.niwStart)} of its start`
          : `${quiet}, and ${remembered}, below 1/e`,
      ratios: [
        [fell, "decoupled"],
        [peak, "catapult"],
      ],
    };
  }
  if (saturationEnd > SATURATING) {
    return {
      phase: "unclassified",
      reason: () =>
        `${remembered} because noise of ${short(saturationEnd)} in their pre-activations saturates the units, which then hardly respond; ${quiet}`,
      ratios: [
        [Math.log(saturationEnd / SATURATING), "decoupled"],
        [fell, "decay"],
      ],
    };
  }
  return {
    phase: "decoupled",
    reason: () => `${quiet}, and ${remembered}, above 1/e`,
    ratios: [
      [fell, "decay"],
      [peak, "catapult"],
    ],
  };
}

function overshot(numbers: Judged, lossPeak: number): string {
  const { niwOvershoot, kickOvershoot, lossOvershoot } = numbers;
  if (Number.isNaN(niwOvershoot) || lossPeak > 0) {
    return `the loss rose to ${short(lossOvershoot)} of its start and came back below it`;
  }
  const kicked = kickOvershoot > 1 ? ` (batches' kicks alone explain ${short(kickOvershoot)})` : "";
  return `the noise weights rose to ${short(niwOvershoot)} of their start${kicked} and came back below it`;
}

function whyGrown(numbers: Judged, { fixed, measure }: PhaseScales, fell: number): string {
  if (measure === "effective") {
    return "the noise weights grew and have not returned, while the loss fell";
  }
  const { memoryEnd, niwOvershoot, kickOvershoot, acrossStart, niwStart } = numbers;
  if (fixed && fell <= 0) {
    return `learnt: the noise is fixed, and while the loss fell the noise weights kept ${short(memoryEnd)} of their start and grew across it, |W|^2 - q^2 |W_0|^2 = ${short(acrossStart)} for |W_0|^2 = ${short(niwStart ** 2)}`;
  }
  return `the noise weights rose to ${short(niwOvershoot)} of their start, beyond the ${short(kickOvershoot)} that batches' kicks alone explain, and have not returned, while the loss fell; their memory ends at ${short(memoryEnd)}`;
}

function short(value: number): string {
  return Number(value.toPrecision(3)).toString();
}
