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

/** Colours of curves and of the words that name them: a contrast of 4.5 (WCAG AA) on light and on dark paper. */
export const CURVES = {
  loss: { light: "#b84a00", dark: "#ff9a52" },
  unperturbedLoss: { light: "#0068a8", dark: "#62baf3" },
  testLoss: { light: "#00755a", dark: "#48cfa6" },
  niwNorm: { light: "#8f3f84", dark: "#e596d6" },
  memory: { light: "#6a5b00", dark: "#d8c24a" },
  aside: { light: "#666666", dark: "#a8a8a8" },
} as const;

export const PAPER = { light: "#ffffff", dark: "#16181d" } as const;

/** The colour that a figure's marks name: the reader's scheme (light or dark) decides which of the two it is. */
export const CURVE_COLOURS = {
  loss: "var(--loss)",
  unperturbedLoss: "var(--unperturbed-loss)",
  testLoss: "var(--test-loss)",
  niwNorm: "var(--niw-norm)",
  memory: "var(--memory)",
  aside: "var(--aside)",
} as const;

/** The colours of one scheme, as declarations of a style sheet. */
export function colourScheme(scheme: "light" | "dark"): string {
  const curves = (Object.keys(CURVES) as (keyof typeof CURVES)[]).map(
    (name) => `${CURVE_COLOURS[name].slice(4, -1)}: ${CURVES[name][scheme]}`,
  );
  return [`--paper: ${PAPER[scheme]}`, ...curves].join("; ");
}
