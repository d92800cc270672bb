import type { Experiment } from "../../ts/experiment/schema.js";
import { withSigma } from "./edit.js";
import { type LabState, MOST_PINS } from "./labState.js";

const same = (a: Experiment, b: Experiment) => JSON.stringify(a) === JSON.stringify(b);

export function isPinned({ pins }: LabState, experiment: Experiment): boolean {
  return pins.some((pin) => same(pin, experiment));
}

/** The state with the run on show pinned; where all pins are taken, the oldest goes. */
export function pinned(state: LabState): LabState {
  if (isPinned(state, state.experiment)) return state;
  return { ...state, pins: [...state.pins, state.experiment].slice(-MOST_PINS) };
}

export function unpinned(state: LabState, experiment: Experiment): LabState {
  return { ...state, pins: state.pins.filter((pin) => !same(pin, experiment)) };
}

/** The state with the run on show pinned, and the same run with another `sigma` on show. */
export function besideAt(state: LabState, sigma: number): LabState {
  return { ...pinned(state), experiment: withSigma(state.experiment, sigma) };
}

/** What a pinned run is called. */
export function letterOf(pin: number): string {
  return String.fromCharCode("A".charCodeAt(0) + pin);
}
