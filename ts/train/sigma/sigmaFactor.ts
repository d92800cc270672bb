import { cosTurn } from "../../data/elementary.js";
import type { ControllerSchedule, ScheduleSpec } from "../../experiment/schema.js";
import type { Schedule } from "../schedule.js";

/** A schedule whose factors follow from the step alone. */
export type PlannedSchedule = Exclude<ScheduleSpec, ControllerSchedule>;

/** What a schedule multiplies `sigma` by in a step: 0 to 1. It rounds alike on every host. */
export function plannedFactor(spec: PlannedSchedule, step: number, run: Schedule): number {
  switch (spec.kind) {
    case "constant":
      return 1;
    case "periodic": {
      const epoch = Math.floor(step / run.stepsPerEpoch);
      return epoch % (spec.on + spec.off) < spec.on ? 1 : spec.low;
    }
    case "cosine": {
      const last = Math.max(1, run.steps - 1);
      return spec.low + ((1 - spec.low) * (1 + cosTurn(step / last / 2))) / 2;
    }
  }
}

/** What a controller read over some updates. */
export interface Reading {
  readonly value: number;
  /** Standard error of the value. */
  readonly error: number;
}

/** Which way a controller changes `sigma` while its reading is below the target: 1 up, -1 down. */
export type Direction = 1 | -1;

/** The most by which one step of a controller changes `sigma`: up, and down. */
const UP = 1.189207115002721;
const DOWN = Math.SQRT1_2;
/** Standard errors beyond which a reading is no chance, and a difference neither. */
const SURELY = 3;
/** How far, as a factor, a controller may take `sigma` from its start in either direction if it names no bounds. */
const REACH = 100;

/** Where a controller stands. */
export interface ControllerState {
  readonly sigma: number;
  readonly direction: Direction;
  /** The best reading since it last turned round, below the target. */
  readonly best: Reading;
}

/**
 * The next step of a controller. Where the expansion in the noise holds, a reading grows as `sigma^2`, and the fourth root of target over
 * reading makes half of the change that is missing. Too strong a noise saturates the units, and then more of it lowers the reading: a
 * controller whose reading surely fell turns round, until the noise weights are small enough for the target. A reading that is
 * chance tells of too little noise. It needs only operations that round alike on every host.
 */
export function controlled(
  { target, least, most }: ControllerSchedule,
  start: number,
  { sigma, direction, best }: ControllerState,
  now: Reading,
): ControllerState {
  if (!Number.isFinite(now.value)) return { sigma, direction, best };
  const within = (next: number) =>
    Math.min(Math.max(next, least ?? start / REACH), most ?? REACH * start);
  const root = now.value > 0 ? Math.sqrt(Math.sqrt(target / now.value)) : UP;
  if (now.value > target) {
    return { sigma: within(sigma * Math.max(root, DOWN)), direction: 1, best: now };
  }
  const isChance = !(now.value > SURELY * now.error);
  const fell = now.value < best.value - SURELY * Math.sqrt(now.error ** 2 + best.error ** 2);
  const turned = direction === 1 ? -1 : 1;
  const towards = isChance ? 1 : fell ? turned : direction;
  const change = Math.min(root, UP);
  return {
    sigma: within(towards === 1 ? sigma * change : sigma / change),
    direction: towards,
    best: !fell && !isChance && best.value > now.value ? best : now,
  };
}
