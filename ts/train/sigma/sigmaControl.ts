import type { ScheduleSpec } from "../../experiment/schema.js";

/** Where a controller's reading stayed. */
export interface TargetReading {
  /** Median of the reading over the last half of the controller's steps; null if it made none, or it is not finite. */
  readonly median: number | null;
  /** Whether the median is within 20 % of the target. */
  readonly reached: boolean;
  /** Where the reading and `sigma` stayed instead; null if the target was reached. */
  readonly why: string | null;
}

/** What a noise group's schedule did over some updates. */
export interface SigmaPoint {
  /** Updates made at their end. */
  readonly step: number;
  /** Root mean square of `sigma` over them. */
  readonly sigma: number;
  /** `eta sum <W_NI, g> / sum |W_NI|^2` over them: `eta sigma^2 h` along the noise weights. Null without noise weights. */
  readonly kappa: number | null;
  /** Dose that the group paid in them, times the updates of an epoch over theirs. Null if it is not finite. */
  readonly dose: number | null;
}

/** What the schedule of a noise group did in a run. */
export interface SigmaControl {
  /** The group's number. */
  readonly group: number;
  /** Which schedule it is. */
  readonly kind: ScheduleSpec["kind"];
  /** One for each step of a controller, or for each epoch. */
  readonly points: readonly SigmaPoint[];
  /** Whether a controller reached its target; null for other schedules. */
  readonly target: TargetReading | null;
}
