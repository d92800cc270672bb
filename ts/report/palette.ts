import type { Phase } from "../analysis/phase.js";

/**
 * Colours of the phases (after Okabe and Ito, whom the colour-blind can tell apart), of falling lightness so that
 * they keep their order in grey; every figure names the phases in words too.
 */
export const PHASE_COLOURS: Readonly<Record<Phase, string>> = {
  decoupled: "#8ecdf2",
  decay: "#1b9e77",
  catapult: "#d55e00",
  divergent: "#5b2a6e",
  unclassified: "#9a9a9a",
};

/** Colours of the curves in one figure. */
export const CURVE_COLOURS = {
  loss: "#d55e00",
  unperturbedLoss: "#0072b2",
  testLoss: "#009e73",
  niwNorm: "#a05195",
} as const;
