import * as Plot from "@observablehq/plot";
import { largest } from "../analysis/extremes.js";
import type { Phase } from "../analysis/phase.js";
import { shortNumber, yLabel } from "./axes.js";
import { PHASE_COLOURS } from "./palette.js";

/** A named curve; values that are not positive and finite cannot stand on a logarithmic axis and are left out. */
export interface Curve {
  readonly label: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/** `amplitude exp(-(x - window[0]) / tau) + offset`, which was fitted over `window`; in the unit of the curve's x. */
export interface CurveFit {
  readonly curve: "loss" | "testLoss" | "niwNorm" | "memory";
  readonly tau: number;
  readonly amplitude: number;
  readonly offset: number;
  readonly window: readonly [number, number];
}

export interface PanelOptions {
  readonly width: number;
  readonly height: number;
  readonly label: string;
  readonly domain: [number, number];
  readonly colours: Readonly<Record<string, string>>;
  readonly xLabel?: string;
  readonly logX?: boolean;
  /** The horizontal axis' end; it begins at 0. Left out: the curves' own range. */
  readonly until?: number;
  readonly heading?: { readonly phase: Phase; readonly sigma: number; readonly note?: string };
  /** Whether the curves are named in the panel. */
  readonly keyed?: boolean;
  readonly fits?: readonly CurveFit[];
}

/** Curves on logarithmic axes, with their fits. */
export function curvePanel(curves: readonly Curve[], options: PanelOptions): Plot.PlotOptions {
  const { width, height, label, domain, colours, heading, fits = [] } = options;
  const key = options.keyed
    ? curves.map(({ label: name }, i) => ({
        name,
        text: `${name} ${STROKES[i].sign}`,
        dy: 8 + 14 * i,
      }))
    : [];
  return {
    width,
    height,
    marginLeft: 58,
    marginRight: 14,
    marginTop: heading ? 66 : 26,
    marginBottom: options.xLabel ? 40 : 26,
    style: { background: "none" },
    x: {
      type: options.logX ? "log" : "linear",
      label: options.xLabel ?? null,
      ticks: options.logX ? 4 : 5,
      ...(options.until ? { domain: [0, options.until] } : {}),
      ...(options.logX ? { tickFormat: logTicks(curves) } : {}),
    },
    y: { type: "log", label: null, domain, clamp: true, ticks: 5, tickFormat: power },
    marks: [
      Plot.frame({ stroke: "var(--rule)" }),
      ...curves.map((curve, i) =>
        Plot.line(thinned(curve, domain), {
          x: "x",
          y: "y",
          stroke: colours[curve.label],
          strokeWidth: 1.6,
          strokeDasharray: STROKES[i].dashes,
        }),
      ),
      ...fits.flatMap((fit) => fitted(fit, domain)),
      ...(fits.length > 0 && !curves.some(brokenOff)
        ? [
            Plot.text([`◦- -◦ fit: tau ${fits.map(tauOf).join(", ")}`], {
              frameAnchor: "bottom-left",
              dx: 6,
              dy: -6,
            }),
          ]
        : []),
      ...(curves.some(brokenOff)
        ? [
            Plot.text(["× leaves the finite range"], {
              frameAnchor: "bottom-right",
              dx: -6,
              dy: -6,
            }),
          ]
        : []),
      yLabel(label),
      ...key.map(({ name, text, dy }) =>
        Plot.text([text], {
          frameAnchor: "top-right",
          dx: -6,
          dy,
          fill: colours[name],
          fontWeight: 600,
          stroke: "var(--paper)",
        }),
      ),
      ...(heading ? headed(heading) : []),
    ],
  };
}

const FITTED = {
  niwNorm: " (norm)",
  memory: " (memory)",
  loss: " (training)",
  testLoss: " (test)",
} as const;

function tauOf({ curve, tau }: CurveFit): string {
  return `${shortNumber(tau)}${FITTED[curve]}`;
}

/** A fit in ink over its curve, its window's ends marked. */
function fitted(
  { tau, amplitude, offset, window: [from, to] }: CurveFit,
  [low, high]: [number, number],
): Plot.Markish[] {
  const line = Array.from({ length: 81 }, (_, i) => {
    const x = from + (i / 80) * (to - from);
    return { x, y: amplitude * Math.exp(-(x - from) / tau) + offset };
  }).filter(({ y }) => y >= low && y <= high);
  const ends = [line[0], line[line.length - 1]].filter(Boolean);
  return [
    Plot.line(line, {
      x: "x",
      y: "y",
      stroke: "currentColor",
      strokeWidth: 1.3,
      strokeDasharray: "5,4",
    }),
    Plot.dot(ends, { x: "x", y: "y", r: 3.5, fill: "var(--paper)", stroke: "currentColor" }),
  ];
}

/** How curves of one panel are drawn, so that they differ in grey too. */
const STROKES = [
  { dashes: "none", sign: "—" },
  { dashes: "7,3", sign: "- -" },
  { dashes: "2,2", sign: "···" },
];

/** Labels of a logarithmic axis: powers of ten, and what lies between where these are few. */
function logTicks(curves: readonly Curve[]): (x: number) => string {
  const longest = largest([1, ...curves.map(({ y }) => y.length)]);
  const leading = longest > 30 ? ["1"] : ["1", "2", "5"];
  return (x) => (leading.includes(x.toExponential()[0]) ? shortNumber(x) : "");
}

/** A panel's heading: the phase, marked by its colour, and the settings under it. */
function headed({ phase, sigma, note }: NonNullable<PanelOptions["heading"]>): Plot.Markish[] {
  const at = { frameAnchor: "top-left", textAnchor: "start", lineAnchor: "bottom" } as const;
  const settings = `sigma ${shortNumber(sigma)}${note ? `, ${note}` : ""}`;
  return [
    Plot.dot([phase], {
      frameAnchor: "top-left",
      symbol: "square",
      r: 6,
      dx: 6,
      dy: -51,
      fill: PHASE_COLOURS[phase],
      stroke: "var(--rule)",
    }),
    Plot.text([phase], { ...at, dx: 18, dy: -44, fontSize: 13, fontWeight: 700 }),
    Plot.text([settings], { ...at, dy: -26 }),
  ];
}

/** Powers of ten as such; the eye reads 10⁻⁸ faster than 1e-8. */
function power(value: number): string {
  const exponent = Math.log10(value);
  if (exponent >= -2 && exponent <= 3) return shortNumber(value);
  const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const whole = Math.floor(exponent + 1e-9);
  const raised = String(Math.abs(whole)).replace(/\d/g, (d) => digits[Number(d)]);
  const lead = Math.round(value / 10 ** whole);
  return `${lead === 1 ? "" : `${lead}·`}10${whole < 0 ? "⁻" : ""}${raised}`;
}

function plottable(y: number): boolean {
  return Number.isFinite(y) && y > 0;
}

function brokenOff({ y }: Curve): boolean {
  return y.length > 0 && !Number.isFinite(y[y.length - 1]);
}

const MOST_DECADES = 14;

/** What all curves span, but not more decades than can be read. */
export function logDomain(curves: readonly Curve[]): [number, number] {
  const values = curves.flatMap(({ y }) => Array.from(y).filter(plottable));
  if (values.length === 0) return [0.1, 10];
  const starts = curves.map(({ y }) => y[0]).filter(plottable);
  const middle = starts.length > 0 ? largest(starts) : 1;
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const from = Math.max(low, middle * 10 ** -MOST_DECADES);
  const to = Math.min(high, middle * 1e4);
  return [from / 1.5, to * 1.5];
}

const MOST_POINTS = 400;

/** The first sixty points, where a catapult is, and an even choice of those that follow. */
function thinned(
  { label, x, y }: Curve,
  [low, high]: [number, number],
): { label: string; x: number; y: number }[] {
  const good = Array.from(y, (_, i) => i).filter(
    (i) => plottable(y[i]) && y[i] >= low && y[i] <= high,
  );
  const stretch = Math.ceil(good.length / MOST_POINTS);
  const early = good.filter((_, k) => k < 60);
  const late = good.slice(60).filter((_, k) => k % stretch === 0);
  return [...early, ...late].map((i) => ({ label, x: x[i], y: y[i] }));
}
