import * as Plot from "@observablehq/plot";
import type { Phase } from "../analysis/phase.js";
import { CURVE_COLOURS, PHASE_COLOURS } from "./palette.js";
import { shortNumber, yLabel } from "./phaseMap.js";
import { type Frame, figure } from "./svg.js";

/** A time scale at one `sigma`. */
export interface ScalePoint {
  readonly curve: "niwNorm" | "loss" | "testLoss";
  readonly sigma: number;
  readonly tau: number;
  /** 95 %. */
  readonly interval: readonly [number, number];
}

export interface TimeScaleFigure extends Frame {
  readonly panels: readonly {
    readonly heading: string;
    readonly points: readonly ScalePoint[];
    /** The phase of most runs at each `sigma`. */
    readonly phases: readonly { readonly sigma: number; readonly phase: Phase }[];
  }[];
  /** Predicted boundaries, named. */
  readonly predicted: readonly { readonly name: string; readonly sigma: number }[];
  /** Length of the runs: longer time scales cannot be told. */
  readonly end: number;
}

const NAMES = { niwNorm: "noise weights", loss: "training loss", testLoss: "test loss" } as const;
/** Shapes tell the curves apart in grey. */
const SYMBOLS = { niwNorm: "circle", loss: "square", testLoss: "triangle" } as const;

/** Decay times against `sigma`, the phases shaded: the right part of the paper's Figure 1. */
export function timeScales({ panels, predicted, end, ...frame }: TimeScaleFigure): string {
  const all = panels.flatMap(({ points }) => points.map(({ tau }) => tau));
  const low = Math.min(...all, end) / 2;
  return figure(frame, [
    panels.map(({ heading, points, phases }, i) => {
      const sigmas = phases.map(({ sigma }) => sigma);
      const shades = phases.map(({ phase }, k) => ({
        phase,
        x1: between(sigmas, k - 1),
        x2: between(sigmas, k),
      }));
      const names = shades.filter(({ phase }, k) => k === 0 || shades[k - 1].phase !== phase);
      return {
        width: 470,
        height: 340,
        marginLeft: 60,
        marginRight: 20,
        marginTop: 62,
        marginBottom: 42,
        style: { background: "none" },
        x: {
          type: "log",
          label: "sigma, standard deviation of the noise",
          domain: [between(sigmas, -1), between(sigmas, sigmas.length - 1)],
          tickFormat: (x: number) => shortNumber(x),
        },
        y: { type: "log", label: null, domain: [low, 2 * end], ticks: 5, tickFormat: shortNumber },
        marks: [
          Plot.rect(shades, {
            x1: "x1",
            x2: "x2",
            y1: low,
            y2: 2 * end,
            fill: (d: { phase: Phase }) => PHASE_COLOURS[d.phase],
            fillOpacity: 0.32,
          }),
          Plot.text(names, {
            x: "x1",
            y: low,
            text: "phase",
            textAnchor: "start",
            lineAnchor: "bottom",
            dx: 4,
            dy: -5,
            fontWeight: 600,
          }),
          Plot.ruleX(predicted, { x: "sigma", stroke: "currentColor", strokeDasharray: "5,3" }),
          Plot.text(predicted, {
            x: "sigma",
            y: 2 * end,
            text: "name",
            rotate: -90,
            textAnchor: "end",
            dx: -7,
            dy: 2,
          }),
          Plot.ruleY([end], { stroke: "currentColor", strokeDasharray: "1,3" }),
          Plot.link(points, {
            x1: "sigma",
            x2: "sigma",
            y1: (d: ScalePoint) => d.interval[0],
            y2: (d: ScalePoint) => d.interval[1],
            stroke: (d: ScalePoint) => CURVE_COLOURS[d.curve],
          }),
          Plot.dot(points, {
            x: "sigma",
            y: "tau",
            r: 4,
            symbol: (d: ScalePoint) => SYMBOLS[d.curve],
            fill: (d: ScalePoint) => CURVE_COLOURS[d.curve],
            stroke: "var(--paper)",
            strokeWidth: 0.5,
          }),
          Plot.text([heading], { frameAnchor: "top-left", dy: -42, dx: -46, fontWeight: 600 }),
          ...(i === 0
            ? Object.entries(NAMES).map(([curve, name], k) =>
                Plot.text(
                  [
                    `${{ circle: "●", square: "■", triangle: "▲" }[SYMBOLS[curve as keyof typeof NAMES]]} ${name}`,
                  ],
                  {
                    frameAnchor: "top-left",
                    dx: 70 + 115 * k,
                    dy: -26,
                    fill: CURVE_COLOURS[curve as keyof typeof NAMES],
                    fontWeight: 600,
                  },
                ),
              )
            : []),
          yLabel("decay time, epochs"),
        ],
      } satisfies Plot.PlotOptions;
    }),
  ]);
}

/** Half-way between neighbours on the logarithmic scale; beyond the ends as far as from the last to there. */
function between(sigmas: readonly number[], i: number): number {
  if (sigmas.length < 2) return sigmas[0] * (i < 0 ? 0.8 : 1.25);
  if (i < 0) return sigmas[0] * Math.sqrt(sigmas[0] / sigmas[1]);
  const last = sigmas.length - 1;
  if (i >= last) return sigmas[last] * Math.sqrt(sigmas[last] / sigmas[last - 1]);
  return Math.sqrt(sigmas[i] * sigmas[i + 1]);
}
