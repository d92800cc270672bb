import { FIRST_EXPERIMENT } from "./defaults.js";
import { withSigma } from "./edit.js";
import { FIRST_STATE, type LabState } from "./labState.js";

/** The noise at which the tour's network shows each phase. A test trains all four. */
export const PHASE_SIGMAS = { decoupled: 3, decay: 20, catapult: 27, divergent: 100 } as const;

/** The tour's network with so much noise, at a stop. */
export function atSigma(tour: number, sigma: number): LabState {
  const experiment = withSigma(FIRST_EXPERIMENT, sigma);
  return { ...FIRST_STATE, panel: "run", tour, experiment };
}

/** What the page shows at each stop, from the first on. */
export const STOPS: readonly LabState[] = [
  atSigma(1, PHASE_SIGMAS.decay),
  atSigma(2, PHASE_SIGMAS.decoupled),
  atSigma(3, 1),
  atSigma(4, 10),
  { ...FIRST_STATE, panel: "map", tour: 5 },
];
