import * as Plot from "@observablehq/plot";
import { PHASES, type Phase } from "../analysis/phase.js";
import { PHASE_COLOURS } from "./palette.js";

/** A generous width of words in pixels: the letters are narrower than this in every font that a reader may have. */
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

/** Names beside squares of their colours, above a panel. */
export function squareKey(
  entries: readonly (readonly [string, string])[],
  dy: number,
): Plot.Markish[] {
  let dx = -40;
  return entries.flatMap(([name, fill]) => {
    const at = { frameAnchor: "top-left", dx } as const;
    dx += wordsWidth(name) + 30;
    return [
      Plot.dot([name], { ...at, dy: dy + 6, symbol: "square", r: 6, fill, stroke: "var(--rule)" }),
      Plot.text([name], { ...at, textAnchor: "start", dx: at.dx + 12, dy }),
    ];
  });
}

/** Names of the phases among these. */
export function phaseKey(phases: readonly Phase[], dy: number): Plot.Markish[] {
  const present = [...PHASES, "unclassified" as const].filter((phase) => phases.includes(phase));
  return squareKey(
    present.map((phase) => [phase, PHASE_COLOURS[phase]]),
    dy,
  );
}
