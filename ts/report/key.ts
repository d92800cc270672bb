import * as Plot from "@observablehq/plot";
import { PHASES, type Phase } from "../analysis/phase.js";
import { PHASE_COLOURS } from "./palette.js";

/** A generous width of words in pixels: every figure's letters are narrower, whatever font the reader has. */
export function wordsWidth(text: string): number {
  return 7.6 * text.length;
}

/** What signs in a figure mean, side by side above a panel; each entry is a sign and its words, in its colour. */
export function key(entries: readonly (readonly [string, string])[], dy: number): Plot.Markish[] {
  let dx = -46;
  return entries.map(([text, fill]) => {
    const at = { frameAnchor: "top-left", textAnchor: "start", dx, dy } as const;
    dx += wordsWidth(text) + 10;
    return Plot.text([text], { ...at, fill, fontWeight: 600 });
  });
}

/** Names of the phases beside squares of their colours, above a panel. */
export function phaseKey(phases: readonly Phase[], dy: number): Plot.Markish[] {
  let dx = -40;
  const all: readonly Phase[] = [...PHASES, "unclassified"];
  return all
    .filter((phase) => phases.includes(phase))
    .flatMap((phase) => {
      const at = { frameAnchor: "top-left", dy } as const;
      const square = Plot.dot([phase], {
        ...at,
        dx,
        dy: dy + 6,
        symbol: "square",
        r: 6,
        fill: PHASE_COLOURS[phase],
        stroke: "var(--rule)",
      });
      const name = Plot.text([phase], { ...at, textAnchor: "start", dx: dx + 12 });
      dx += wordsWidth(phase) + 30;
      return [square, name];
    });
}
