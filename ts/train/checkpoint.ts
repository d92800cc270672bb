import type { Trajectory } from "../trajectory/trajectory.js";

/**
 * Everything that a run needs to continue as if it had never stopped. Random numbers are not part of it: they are functions
 * of the seed and the step.
 */
export interface Checkpoint {
  /** Updates made. */
  readonly step: number;
  /** Time spent on training steps so far. */
  readonly seconds: number;
  /** `weights.l` `[outputs, columns]`, and with momentum `velocity.l`, of each layer. */
  readonly buffers: Readonly<Record<string, Float64Array>>;
  /** Numbers that the run carries from step to step outside its machine: `dose`, and `sigma.g` of schedules. */
  readonly carried: Readonly<Record<string, Float64Array>>;
  /** What was recorded before update `step`. */
  readonly trajectory: Trajectory;
}

/** Seconds between checkpoints, unless asked otherwise. */
export const CHECKPOINT_EVERY = 30;

/** Where a run continues from, and how it saves its state. */
export interface Checkpoints {
  /** The checkpoint to continue from; null or left out: the start. */
  readonly from?: Checkpoint | null;
  /** Seconds between two checkpoints. */
  readonly every?: number;
  /** Training waits until it is saved. */
  readonly save?: (checkpoint: Checkpoint) => void | Promise<void>;
}
