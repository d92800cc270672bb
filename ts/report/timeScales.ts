import * as Plot from "@observablehq/plot";
import { least } from "../analysis/extremes.js";
import type { Phase } from "../analysis/phase.js";
import { logEdge, shortNumber, yLabel } from "./axes.js";
import { key, phaseKey, wordsWidth } from "./key.js";
import { CURVE_COLOURS, PHASE_COLOURS } from "./palette.js";
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
const SIGNS = { niwNorm: "●", loss: "■", testLoss: "▲" } as const;
const CURVES = ["niwNorm", "loss", "testLoss"] as const;
const [WIDTH, LEFT, RIGHT] = [470, 60, 20];
const [HEIGHT, TOP, BOTTOM] = [380, 92, 42];
/** Rows of the boundaries' names, in pixels from the frame's top. */
const [FIRST_ROW, ROW] = [4, 15];

/** Decay times against `sigma`, the phases shaded: the right part of the paper's Figure 1. */
export function timeScales({ panels, predicted, end, ...frame }: TimeScaleFigure): string {
  const all = panels.flatMap(({ points }) => points.map(({ tau }) => tau));
  const low = Math.min(least(all), end) / 2;
  // Room above the runs' end, for the names of the boundaries.
  const high = end * Math.max(6, 2.4 ** predicted.length);
  return figure(frame, [
    panels.map(({ heading, points, phases }) => {
      const sigmas = phases.map(({ sigma }) => sigma);
      const shades = phases.map(({ phase }, k) => ({
        phase,
        x1: logEdge(sigmas, k),
        x2: logEdge(sigmas, k + 1),
      }));
      const domain = [logEdge(sigmas, 0), logEdge(sigmas, sigmas.length)] as const;
      const place = (sigma: number) =>
        Math.log(sigma / domain[0]) / Math.log(domain[1] / domain[0]);
      const marks = labelled(predicted, place).map((mark) => {
        // A line ends at its own name, so that it crosses no name above.
        const down = (FIRST_ROW + ROW * mark.row) / (HEIGHT - TOP - BOTTOM);
        return { ...mark, top: mark.row === 0 ? high : high * (low / high) ** down };
      });
      const starts = shades.filter(({ phase }, k) => k === 0 || shades[k - 1].phase !== phase);
      const names = starts.filter(({ phase, x1 }, k) => {
        const x2 = starts[k + 1]?.x1 ?? domain[1];
        return (place(x2) - place(x1)) * (WIDTH - LEFT - RIGHT) > wordsWidth(phase) + 8;
      });
      return {
        width: WIDTH,
        height: HEIGHT,
        marginLeft: LEFT,
        marginRight: RIGHT,
        marginTop: TOP,
        marginBottom: BOTTOM,
        style: { background: "none" },
        x: {
          type: "log",
          label: "sigma, standard deviation of the noise",
          domain: [...domain],
          tickFormat: (x: number) => shortNumber(x),
        },
        y: { type: "log", label: null, domain: [low, high], ticks: 5, tickFormat: shortNumber },
        marks: [
          Plot.rect(shades, {
            x1: "x1",
            x2: "x2",
            y1: low,
            y2: high,
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
          Plot.ruleX(marks, {
            ...{ x: "sigma", y1: low, y2: "top", stroke: "currentColor", strokeDasharray: "5,3" },
          }),
          ...marks.map(({ name, sigma, side, row }) =>
            Plot.text([name], {
              x: sigma,
              frameAnchor: "top",
              textAnchor: side > 0 ? "start" : "end",
              dx: 5 * side,
              dy: FIRST_ROW + ROW * row,
            }),
          ),
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
          Plot.text([heading], { frameAnchor: "top-left", dy: -82, dx: -46, fontWeight: 600 }),
          ...phaseKey(
            shades.map(({ phase }) => phase),
            -62,
          ),
          ...key(
            CURVES.map((curve) => [`${SIGNS[curve]} ${NAMES[curve]}`, CURVE_COLOURS[curve]]),
            -43,
          ),
          Plot.text(["dotted: the runs' end"], {
            frameAnchor: "top-right",
            lineAnchor: "bottom",
            dy: -11,
          }),
          yLabel("decay time, epochs"),
        ],
      } satisfies Plot.PlotOptions;
    }),
  ]);
}

/**
 * A side and a row for the name of each boundary. Names on the left half stand to the right of their lines, the others to the left. The
 * outermost names come first, because the lines further in end below them.
 */
function labelled(
  boundaries: TimeScaleFigure["predicted"],
  place: (sigma: number) => number,
): { name: string; sigma: number; side: 1 | -1; row: number }[] {
  const rising = [...boundaries].sort((a, b) => a.sigma - b.sigma);
  const left = rising.filter(({ sigma }) => place(sigma) < 0.5);
  const right = rising.slice(left.length).reverse();
  return [
    ...left.map((boundary, k) => ({ ...boundary, side: 1 as const, row: k })),
    ...right.map((boundary, k) => ({ ...boundary, side: -1 as const, row: left.length + k })),
  ];
}
