import type { Phase } from "../analysis/phase.js";

/**
 * Colours of the phases (hues after Okabe and Ito, whom the colour-blind can tell apart), of falling lightness so
 * that they keep their order in grey; every figure names the phases in words too.
 */
export const PHASE_COLOURS: Readonly<Record<Phase, string>> = {
  decoupled: "#bfe3f7",
  decay: "#5bbf9a",
  catapult: "#c04f00",
  divergent: "#4a2059",
  unclassified: "#d9d9d9",
};

/** Colour of words on a phase's colour: a contrast of at least 4.5 (WCAG AA). */
export const ON_PHASE: Readonly<Record<Phase, string>> = {
  decoupled: "#1a1a1a",
  decay: "#1a1a1a",
  catapult: "#ffffff",
  divergent: "#ffffff",
  unclassified: "#1a1a1a",
};

/** Colours of the curves in one figure. */
export const CURVE_COLOURS = {
  loss: "#d55e00",
  unperturbedLoss: "#0072b2",
  testLoss: "#009e73",
  niwNorm: "#a05195",
} as const;
