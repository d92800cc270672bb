import * as Plot from "@observablehq/plot";
import { largest, least } from "../analysis/extremes.js";
import type { Phase } from "../analysis/phase.js";
import type { Forecast } from "../forecast/forecastResult.js";
import { OVERSHOOTING } from "../forecast/stepGain.js";
import { shortNumber, yLabel } from "./axes.js";
import { key, phaseKey } from "./key.js";
import { CURVE_COLOURS, PHASE_COLOURS } from "./palette.js";
import { type Frame, figure } from "./svg.js";

/** A run that was made, to stand over the forecast. */
export interface MeasuredRun {
  readonly sigma: number;
  readonly phase: Phase;
  /** Memory at the end; NaN if it was not recorded. */
  readonly memory: number;
}

export interface ForecastFigure extends Frame {
  readonly forecast: Pick<Forecast, "boundaries" | "outward" | "gains" | "memories">;
  /** Runs of a sweep over `sigma`, if there are any. */
  readonly measured: readonly MeasuredRun[];
}

const PANEL = {
  width: 760,
  height: 270,
  marginLeft: 60,
  marginRight: 20,
  marginTop: 84,
  marginBottom: 42,
  style: { background: "none" },
} as const;
/** Gains beyond this say no more, and would take up the axis. */
const HIGHEST_GAIN = 3;

/** The memory at the run's end and the gain of the first step against `sigma`, with the boundaries and runs that were measured. */
export function forecastFigure({ forecast, measured, ...frame }: ForecastFigure): string {
  const { gains, memories, boundaries, outward } = forecast;
  const found = Object.entries({ ...boundaries, outward }).flatMap(([name, boundary]) =>
    boundary ? [{ name, ...boundary }] : [],
  );
  const sigmas = [
    ...[...gains, ...memories, ...measured].map(({ sigma }) => sigma),
    ...found.flatMap(({ low, high }) => [low, high]),
  ].filter((sigma) => sigma > 0);
  const [from, to] = [least(sigmas), largest(sigmas)];
  const x = {
    type: "log",
    label: "sigma, standard deviation of the noise",
    domain: [from / 1.1, to * 1.1],
    tickFormat: (sigma: number) => shortNumber(sigma),
  } as const;
  const bands = (low: number, high: number) => [
    Plot.rect(found, { x1: "low", x2: "high", y1: low, y2: high, fillOpacity: 0.12 }),
    Plot.ruleX(found, { x: "value", strokeDasharray: "5,3" }),
  ];
  const named = found.map(({ name, value }) => `${name} ${shortNumber(value)}`).join(", ");
  const legend = found.length > 0 ? [`dashed: forecast, ${named}; shaded: 95 %`] : [];
  const remembered = measured.filter(({ memory }) => Number.isFinite(memory));
  const memoryRange: [number, number] = [-0.1, 1.05];
  const gainRange: [number, number] = [-0.5, HIGHEST_GAIN];
  return figure(frame, [
    [
      {
        ...PANEL,
        x,
        y: { label: null, domain: memoryRange, clamp: true, ticks: 5 },
        marks: [
          ...bands(...memoryRange),
          Plot.ruleY([1 / Math.E], { strokeDasharray: "1,3" }),
          Plot.line(memories, {
            x: "sigma",
            y: "memory",
            stroke: CURVE_COLOURS.memory,
            strokeWidth: 1.8,
          }),
          Plot.dot(remembered, {
            x: "sigma",
            y: "memory",
            r: 4,
            fill: (run: MeasuredRun) => PHASE_COLOURS[run.phase],
            stroke: "currentColor",
          }),
          yLabel("memory at the end; dotted: 1/e"),
          Plot.text(legend, {
            frameAnchor: "top-right",
            lineAnchor: "bottom",
            dy: -29,
          }),
          ...phaseKey(
            measured.map(({ phase }) => phase),
            -68,
          ),
        ],
      },
    ],
    [
      {
        ...PANEL,
        marginTop: 56,
        x,
        y: { label: null, domain: gainRange, clamp: true, ticks: 5 },
        marks: [
          ...bands(...gainRange),
          Plot.ruleY([OVERSHOOTING], { strokeDasharray: "1,3" }),
          ...(["gain", "drift", "diffusion"] as const).map((part) =>
            Plot.line(gains, {
              x: "sigma",
              y: part,
              stroke: CURVE_COLOURS[PARTS[part]],
              strokeWidth: 1.8,
              strokeDasharray: DASHES[part],
            }),
          ),
          yLabel(`gain of the first step; dotted: ${OVERSHOOTING}`),
          ...key(
            [
              ["— gain", CURVE_COLOURS.niwNorm],
              ["- - drift", CURVE_COLOURS.unperturbedLoss],
              ["··· diffusion", CURVE_COLOURS.loss],
            ],
            -44,
          ),
        ],
      },
    ],
  ]);
}

const PARTS = { gain: "niwNorm", drift: "unperturbedLoss", diffusion: "loss" } as const;
const DASHES = { gain: "none", drift: "6,4", diffusion: "1,3" } as const;
